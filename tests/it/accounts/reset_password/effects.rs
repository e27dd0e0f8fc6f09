//! `POST /auth/reset-password`: what a reset ends that others may have left, and how it is told and recorded.

use reqwest::Method;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::support::{NEW_PASSWORD, link, reset, send};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::log::Log;
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;

/// The types of the events about the users, oldest first.
async fn events(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("SELECT type FROM users.events ORDER BY sequence").fetch_all(&app.pool).await.unwrap()
}

#[tokio::test]
async fn a_reset_ends_all_sessions_links_and_a_pending_change_of_the_address() {
    let log = Log::capture();
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let verification = app.mailbox.token("ann@example.org", "/verify-email").await;
    app.verify("ann").await;
    let login = app.login("ann").await.expect(200);
    let other = app.login("ann").await.expect(200);
    let access = [login.access_token(), other.access_token()];
    let rotated = app.refresh(&login.refresh_token()).await.expect(200);
    app.post("/auth/sign-in-link", json!({ "email": "ann@example.org" })).await.expect(202);
    let sign_in_link = app.mailbox.token("ann@example.org", "/sign-in-link").await;
    send(&app, Method::POST, "/users/me/email", &access[0], json!({ "email": "second@example.org" })).await.expect(202);
    let confirmation = app.mailbox.token("second@example.org", "/confirm-email").await;
    let token = link(&app, "ann").await;
    reset(&app, &token).await.expect(204);

    for refresh_token in [&login, &rotated, &other].map(TestResponse::refresh_token) {
        for _ in 0..2 {
            app.refresh(&refresh_token).await.expect_error(401, "INVALID_REFRESH_TOKEN");
        }
    }
    // No false alarm.
    assert_eq!(log.lines("INFO", "\"reused\""), [""; 0]);
    assert_eq!(log.lines("WARN", "presented again"), [""; 0]);
    for session in [&login, &rotated, &other] {
        let page = app.page("/timeline", &session.session()).await.expect(303);
        assert!(page.header("location").starts_with("/auth/resume"), "{}", page.header("location"));
        let me = app.request(Method::GET, "/users/me").header("cookie", session.session());
        TestResponse::of(me).await.expect_error(401, "UNAUTHENTICATED");
    }
    let ben = app.register("ben").await.expect(201).json()["id"].as_str().unwrap().to_owned();
    app.verify("ben").await;
    for token in &access {
        for (method, path, body) in [
            (Method::PATCH, "/users/me".to_owned(), json!({ "bio": "changed" })),
            (Method::POST, format!("/users/{ben}/follow"), json!({})),
            (
                Method::PUT,
                "/users/me/password".to_owned(),
                json!({ "current_password": NEW_PASSWORD, "password": PASSWORD }),
            ),
            (Method::POST, "/users/me/email".to_owned(), json!({ "email": "third@example.org" })),
            (Method::DELETE, "/users/me/email".to_owned(), json!({})),
            (Method::PUT, "/users/me/username".to_owned(), json!({ "username": "changed" })),
            (Method::POST, "/users/me/deletion".to_owned(), json!({})),
            (Method::POST, "/auth/reauthenticate".to_owned(), json!({ "password": NEW_PASSWORD })),
        ] {
            let response = send(&app, method.clone(), &path, token, body).await;
            assert_eq!((response.status, response.code().as_str()), (401, "UNAUTHENTICATED"), "{method} {path}");
        }
    }
    for (path, token, code) in [
        ("/auth/verify-email", &verification, "INVALID_VERIFICATION_TOKEN"),
        ("/auth/sign-in-with-link", &sign_in_link, "INVALID_SIGN_IN_TOKEN"),
        ("/auth/confirm-email", &confirmation, "INVALID_VERIFICATION_TOKEN"),
    ] {
        app.post(path, json!({ "token": token })).await.expect_error(422, code);
    }
    let again = app.login_as("ann@example.org", NEW_PASSWORD).await.expect(200);
    let me = app.me(&again.access_token()).await.expect(200).json();
    assert_eq!(
        (&me["email"], &me["pending_email"], &me["bio"]),
        (&json!("ann@example.org"), &Value::Null, &Value::Null)
    );
    assert_eq!(me["followee_count"], 0);
    let revoked = events(&app).await.into_iter().filter(|kind| kind == "session.revoked").count();
    assert_eq!(revoked, 2);
    // Sessions that start after the reset are not affected by its link.
    reset(&app, &token).await.expect_error(422, "INVALID_RESET_TOKEN");
    app.refresh(&again.refresh_token()).await.expect(200);
}

#[tokio::test]
async fn devices_from_before_a_reset_no_longer_bypass_the_limits() {
    let app = TestApp::start_with(&[("TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    app.register("ann").await.expect(201);
    app.verify("ann").await;
    let sign_in = async |from: &str, cookie: &str, password: &str| {
        let request = app.request(Method::POST, "/auth/login").header("x-forwarded-for", from).header("cookie", cookie);
        TestResponse::of(request.json(&json!({ "email": "ann@example.org", "password": password }))).await
    };
    let device = |response: &TestResponse| format!("device={}", response.cookie("device").value());
    let (guessed, elsewhere) = ("203.0.113.1", "192.0.2.7");
    let old = device(&sign_in(guessed, "", PASSWORD).await.expect(200));
    for _ in 0..10 {
        sign_in(guessed, "", "wrong").await.expect(401);
    }
    sign_in(guessed, "", PASSWORD).await.expect_error(429, "RATE_LIMITED");
    sign_in(guessed, &old, PASSWORD).await.expect(200);

    let token = link(&app, "ann").await;
    // The cookie has its time in seconds.
    let issued: i64 = old.split('.').nth(1).unwrap().parse().unwrap();
    wait_until("the next second", async || OffsetDateTime::now_utc().unix_timestamp() > issued).await;
    reset(&app, &token).await.expect(204);
    sign_in(guessed, &old, NEW_PASSWORD).await.expect_error(429, "RATE_LIMITED");
    let new = device(&sign_in(elsewhere, "", NEW_PASSWORD).await.expect(200));
    sign_in(guessed, &new, NEW_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn the_owner_of_an_address_takes_over_an_account_that_someone_else_registered_with_it() {
    let app = TestApp::start().await;
    let body = json!({ "email": "victim@example.org", "username": "attacker", "password": PASSWORD });
    app.post("/auth/register", body).await.expect(201);
    let verification = app.mailbox.token("victim@example.org", "/verify-email").await;
    // As if the attacker had got in before.
    app.verify("attacker").await;
    let attacker = app.login_as("victim@example.org", PASSWORD).await.expect(200);
    sqlx::query("UPDATE users.users SET email_verified = false").execute(&app.pool).await.unwrap();

    let token = link(&app, "victim").await;
    reset(&app, &token).await.expect(204);
    app.login_as("victim@example.org", PASSWORD).await.expect_error(401, "INVALID_CREDENTIALS");
    app.refresh(&attacker.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
    app.page("/timeline", &attacker.session()).await.expect(303);
    let change = json!({ "bio": "changed" });
    send(&app, Method::PATCH, "/users/me", &attacker.access_token(), change).await.expect(401);
    for path in ["/auth/verify-email", "/auth/reject-account"] {
        app.post(path, json!({ "token": verification })).await.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    }
    let victim = app.login_as("victim@example.org", NEW_PASSWORD).await.expect(200);
    assert_eq!(app.me(&victim.access_token()).await.expect(200).json()["email_verified"], true);
    assert_eq!(events(&app).await, ["user.registered", "session.revoked", "user.verified"]);
}

#[tokio::test]
async fn an_account_that_is_about_to_be_deleted_stays_so_after_a_reset_and_can_be_kept() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    send(&app, Method::POST, "/users/me/deletion", &login.access_token(), json!({})).await.expect(202);
    let old = app.login("ann").await.expect(403).json()["restore_token"].as_str().unwrap().to_owned();
    let token = link(&app, "ann").await;
    reset(&app, &token).await.expect(204);
    app.get("/profiles/ann").await.expect(404);
    // The old password cannot restore the account.
    app.post("/auth/restore", json!({ "restore_token": old })).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    let response = app.login_as("ann@example.org", NEW_PASSWORD).await.expect(403);
    assert_eq!(response.code(), "ACCOUNT_PENDING_DELETION");
    let restored = app.post("/auth/restore", json!({ "restore_token": response.json()["restore_token"] })).await;
    app.me(&restored.expect(200).access_token()).await.expect(200);
}

/// Actor, actor name, action, target, request id, network, details.
type Row = (String, Option<String>, String, String, String, String, Value);

#[tokio::test]
async fn a_reset_is_recorded_and_the_owner_is_told() {
    let log = Log::capture();
    let app = TestApp::start().await;
    let id = app.register("ann").await.expect(201).json()["id"].as_str().unwrap().to_owned();
    app.verify("ann").await;
    let token = link(&app, "ann").await;
    let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";
    let request = app.request(Method::POST, "/auth/reset-password").header("user-agent", agent);
    let response =
        TestResponse::of(request.json(&json!({ "token": token, "password": NEW_PASSWORD }))).await.expect(204);

    let notice = app.mailbox.wait_for_subject("ann@example.org", "Your password was reset", 1).await.remove(0);
    assert!(notice.text.contains("Hello ann,") && notice.text.contains("Firefox on Windows"), "{}", notice.text);
    assert!(notice.text.lines().any(|line| line == format!("{}/forgot-password", app.origin)), "{}", notice.text);
    assert!(!notice.text.contains("token") && !notice.html.contains("token"));

    let rows: Vec<Row> = sqlx::query_as(
        "SELECT actor, actor_name, action, target::text, request_id, network::text, details FROM users.audit_log
         WHERE action = 'password.reset'",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    let (actor, action) = ("address_owner".to_owned(), "password.reset".to_owned());
    let request = response.header("x-request-id").to_owned();
    assert_eq!(rows, [(actor, None, action, id.clone(), request, "127.0.0.0/24".to_owned(), json!({}))]);
    // The address was verified already, and there was no session to revoke.
    assert_eq!(events(&app).await, ["user.registered"]);

    reset(&app, &token).await.expect(422);
    let outcomes: Vec<Value> = log
        .lines("INFO", "\"password reset\"")
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .collect();
    let of = |field: &str| outcomes.iter().map(|outcome| outcome[field].clone()).collect::<Vec<_>>();
    assert_eq!(
        (of("outcome"), of("user_id")),
        (vec![json!("changed"), json!("refused")], vec![json!(id), Value::Null])
    );
    let text = log.text();
    assert!(!text.contains(&token) && !text.contains(NEW_PASSWORD));
}
