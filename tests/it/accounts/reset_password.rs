//! `POST /auth/reset-password`: a mailed link sets a new password, and ends what others may have left.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::log::Log;
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;

/// The page that the link opens.
const PAGE: &str = "/reset-password";
const NEW_PASSWORD: &str = "a quiet river runs";

async fn reset_to(app: &TestApp, token: &str, password: &str) -> TestResponse {
    app.post("/auth/reset-password", json!({ "token": token, "password": password })).await
}

async fn reset(app: &TestApp, token: &str) -> TestResponse {
    reset_to(app, token, NEW_PASSWORD).await
}

/// Asks for a link, and returns its token. `name` has not got one before.
async fn link(app: &TestApp, name: &str) -> String {
    let address = format!("{name}@example.org");
    app.post("/auth/forgot-password", json!({ "email": address })).await.expect(202);
    app.mailbox.token(&address, PAGE).await
}

/// Starts the service with Ann's verified account, and returns the token of a link for her.
async fn app_with_link() -> (TestApp, String) {
    let app = TestApp::start().await;
    app.signed_in("ann").await;
    let token = link(&app, "ann").await;
    (app, token)
}

/// Sends an operation with an access token.
async fn send(app: &TestApp, method: Method, path: &str, token: &str, body: Value) -> TestResponse {
    TestResponse::of(app.request(method, path).bearer_auth(token).json(&body)).await
}

/// The types of the events about the users, oldest first.
async fn events(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("SELECT type FROM users.events ORDER BY sequence").fetch_all(&app.pool).await.unwrap()
}

#[tokio::test]
async fn the_link_sets_a_new_password_once_and_does_not_sign_in() {
    let (app, token) = app_with_link().await;
    let response = reset(&app, &token).await.expect(204);
    assert_eq!((response.text.as_str(), response.cookies().len()), ("", 0));
    app.login("ann").await.expect_error(401, "INVALID_CREDENTIALS");
    app.login_as("ann@example.org", NEW_PASSWORD).await.expect(200);
    reset_to(&app, &token, "another quiet river").await.expect_error(422, "INVALID_RESET_TOKEN");
    app.login_as("ann@example.org", NEW_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn of_twenty_concurrent_uses_one_succeeds_and_only_its_password_works() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    app.signed_in("ann").await;
    let token = link(&app, "ann").await;
    let passwords: Vec<_> = (0..20).map(|n| format!("quiet river number {n}")).collect();
    let responses = join_all(passwords.iter().map(|password| reset_to(&app, &token, password))).await;
    let mut succeeded = Vec::new();
    for (response, password) in responses.iter().zip(&passwords) {
        match response.status {
            204 => succeeded.push(password),
            _ => response.expect_error(422, "INVALID_RESET_TOKEN"),
        }
    }
    assert_eq!(succeeded.len(), 1);
    for password in &passwords {
        let expected = if succeeded[0] == password { 200 } else { 401 };
        app.login_as("ann@example.org", password).await.expect(expected);
    }
    app.login("ann").await.expect(401);
    let notices = app.mailbox.wait_for_subject("ann@example.org", "Your password was reset", 1).await;
    assert_eq!(notices.len(), 1);
}

#[tokio::test]
async fn a_password_that_registration_rejects_does_not_use_up_the_link() {
    let app = TestApp::start().await;
    let (email, username) = ("annabel@example.org", "bella");
    let account = |password: &str| json!({ "email": email, "username": username, "password": password });
    let long = "quiet river ".repeat(7);
    let passwords =
        ["", "short", "password", "12345678", "a Bella river runs", "my ANNABEL river", "nul\0in a river", &long];
    let mut reasons = Vec::new();
    for password in passwords {
        let response = app.post("/auth/register", account(password)).await;
        response.expect_error(422, "VALIDATION_FAILED");
        reasons.push(response.json());
    }
    app.post("/auth/register", account(PASSWORD)).await.expect(201);
    app.verify(username).await;
    let token = link(&app, "annabel").await;
    for (password, reason) in passwords.into_iter().zip(reasons) {
        let response = reset_to(&app, &token, password).await;
        response.expect_error(422, "VALIDATION_FAILED");
        assert_eq!(response.json()["error"]["fields"], reason["error"]["fields"], "{password}");
    }
    app.login_as(email, PASSWORD).await.expect(200);
    reset(&app, &token).await.expect(204);
    app.login_as(email, NEW_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn expired_unknown_and_malformed_tokens_are_rejected() {
    let (app, token) = app_with_link().await;
    let (lower, cut) = (token.to_lowercase(), &token[1..]);
    for invalid in ["", "x", "a\0b", "é", &"A".repeat(43), &"A".repeat(10_000), &lower, cut, &format!("{token}=")] {
        reset(&app, invalid).await.expect_error(422, "INVALID_RESET_TOKEN");
    }
    let missing = app.post("/auth/reset-password", json!({ "password": NEW_PASSWORD })).await;
    missing.expect_error(422, "INVALID_RESET_TOKEN");
    app.age_tokens(60).await;
    reset(&app, &token).await.expect_error(422, "INVALID_RESET_TOKEN");
    app.login("ann").await.expect(200);
}

/// A route that takes a one-time token: the field of the token, what it returns for an invalid one, and what for a
/// valid one.
struct Route {
    path: &'static str,
    field: &'static str,
    code: &'static str,
    success: u16,
}

const ROUTES: [Route; 7] = [
    Route { path: "/auth/verify-email", field: "token", code: "INVALID_VERIFICATION_TOKEN", success: 200 },
    Route { path: "/auth/sign-in-with-link", field: "token", code: "INVALID_SIGN_IN_TOKEN", success: 200 },
    Route { path: "/auth/reset-password", field: "token", code: "INVALID_RESET_TOKEN", success: 204 },
    Route { path: "/auth/confirm-email", field: "token", code: "INVALID_VERIFICATION_TOKEN", success: 200 },
    Route { path: "/auth/undo-email-change", field: "token", code: "INVALID_VERIFICATION_TOKEN", success: 200 },
    Route { path: "/auth/restore", field: "restore_token", code: "INVALID_SIGN_IN_TOKEN", success: 200 },
    Route { path: "/auth/reject-account", field: "token", code: "INVALID_VERIFICATION_TOKEN", success: 204 },
];

async fn present(app: &TestApp, route: &Route, token: &str) -> TestResponse {
    let mut body = json!({ route.field: token });
    if route.path == "/auth/reset-password" {
        body["password"] = NEW_PASSWORD.into();
    }
    app.post(route.path, body).await
}

#[tokio::test]
async fn a_token_works_only_on_the_route_of_its_purpose_and_is_not_used_up_on_others() {
    let app = TestApp::start().await;
    // Each account has one token.
    app.register("newcomer").await.expect(201);
    let verify = app.mailbox.token("newcomer@example.org", "/verify-email").await;
    app.signed_in("linker").await;
    app.post("/auth/sign-in-link", json!({ "email": "linker@example.org" })).await.expect(202);
    let sign_in = app.mailbox.token("linker@example.org", "/sign-in-link").await;
    app.signed_in("resetter").await;
    let reset = link(&app, "resetter").await;
    let mover = app.signed_in("mover").await.access_token();
    send(&app, Method::POST, "/users/me/email", &mover, json!({ "email": "moved@example.org" })).await.expect(202);
    let change = app.mailbox.token("moved@example.org", "/confirm-email").await;
    let undoer = app.signed_in("undoer").await.access_token();
    send(&app, Method::POST, "/users/me/email", &undoer, json!({ "email": "undone@example.org" })).await.expect(202);
    let confirm = app.mailbox.token("undone@example.org", "/confirm-email").await;
    app.post("/auth/confirm-email", json!({ "token": confirm })).await.expect(200);
    let undo = app.mailbox.token("undoer@example.org", "/undo-email-change").await;
    let leaver = app.signed_in("leaver").await.access_token();
    send(&app, Method::POST, "/users/me/deletion", &leaver, json!({})).await.expect(202);
    let leaving = app.login("leaver").await.expect(403).json();
    let restore = leaving["restore_token"].as_str().unwrap().to_owned();

    let tokens = [verify, sign_in, reset, change, undo, restore];
    let purposes: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT purpose FROM users.one_time_tokens WHERE used_at IS NULL")
            .fetch_all(&app.pool)
            .await
            .unwrap();
    assert_eq!(purposes.len(), tokens.len(), "{purposes:?}");
    for (own, token) in tokens.iter().enumerate() {
        for (number, route) in ROUTES.iter().enumerate() {
            // The link that verifies an account can also reject it.
            if number != own && (own, route.path) != (0, "/auth/reject-account") {
                let response = present(&app, route, token).await;
                assert_eq!((response.status, response.code().as_str()), (422, route.code), "{} of {own}", route.path);
                assert!(response.cookies().is_empty());
            }
        }
        app.refresh(token).await.expect_error(401, "INVALID_REFRESH_TOKEN");
        app.me(token).await.expect_error(401, "UNAUTHENTICATED");
    }
    for (route, token) in ROUTES.iter().zip(&tokens) {
        let response = present(&app, route, token).await;
        assert_eq!(response.status, route.success, "{}: {}", route.path, response.text);
    }
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
async fn a_suspended_account_cannot_be_reset_and_keeps_its_link_until_the_suspension_ends() {
    let (app, token) = app_with_link().await;
    let suspend = async |value: &str| {
        let statement = format!("UPDATE users.users SET suspended_at = {value}");
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&app.pool).await.unwrap();
    };
    suspend("now()").await;
    reset(&app, &token).await.expect_error(422, "INVALID_RESET_TOKEN");
    app.login("ann").await.expect_error(403, "ACCOUNT_SUSPENDED");
    suspend("NULL").await;
    reset(&app, &token).await.expect(204);
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
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["fields"].clone())
        .collect();
    let of = |field: &str| outcomes.iter().map(|outcome| outcome[field].clone()).collect::<Vec<_>>();
    assert_eq!(
        (of("outcome"), of("user_id")),
        (vec![json!("changed"), json!("refused")], vec![json!(id), Value::Null])
    );
    let text = log.text();
    assert!(!text.contains(&token) && !text.contains(NEW_PASSWORD));
}

#[tokio::test]
async fn the_plain_form_keeps_the_token_after_an_error_and_drops_it_after_a_success() {
    let (app, token) = app_with_link().await;
    let link = format!("{PAGE}?token={token}");
    let page = app.page(&link, "").await.expect(200);
    for field in [("_back", link.as_str()), ("_next", PAGE), ("token", &token)] {
        let input = format!(r#"name="{}" value="{}""#, field.0, field.1);
        assert!(page.text.contains(&input), "{input}: {}", page.text);
    }
    let submit = async |password: &str| {
        let fields = [("token", token.as_str()), ("password", password), ("_back", &link), ("_next", PAGE)];
        app.submit("/auth/reset-password", &fields, "").await.expect(303)
    };
    let rejected = submit("short").await;
    assert_eq!(rejected.header("location"), link);
    let page = app.page(&link, &rejected.session()).await.expect(200);
    assert!(page.text.contains("Use at least 8 characters"), "{}", page.text);
    assert!(page.text.contains(&format!(r#"name="token" value="{token}""#)));
    assert!(!page.text.contains(r#"value="short""#));
    assert_eq!(page.header("referrer-policy"), "no-referrer");

    let saved = submit(NEW_PASSWORD).await;
    assert_eq!(saved.header("location"), PAGE);
    assert!(saved.cookies().iter().all(|cookie| cookie.name() == "__Host-flash"), "{:?}", saved.headers);
    let page = app.page(PAGE, &saved.session()).await.expect(200);
    assert!(page.text.contains("Your password is changed") && page.text.contains(r#"href="/login""#), "{}", page.text);
    app.login_as("ann@example.org", NEW_PASSWORD).await.expect(200);

    let again = submit("another quiet river").await;
    let page = app.page(&link, &again.session()).await.expect(200);
    assert!(page.text.contains("This link no longer works") && page.text.contains(r#"href="/forgot-password""#));
    let page = app.page(PAGE, "").await.expect(200);
    assert!(page.text.contains("This link no longer works"), "{}", page.text);
}

#[tokio::test]
async fn a_form_whose_page_sends_no_referrer_is_accepted() {
    let (app, token) = app_with_link().await;
    let form = |site: &'static str| {
        let request = app.request(Method::POST, "/auth/reset-password").header("accept", "text/html");
        let request = request.header("origin", "null").header("sec-fetch-site", site);
        request.form(&[("token", token.as_str()), ("password", NEW_PASSWORD), ("_next", PAGE)])
    };
    TestResponse::of(form("cross-site")).await.expect_error(403, "FORBIDDEN");
    app.login("ann").await.expect(200);
    let saved = TestResponse::of(form("same-origin")).await.expect(303);
    assert_eq!(saved.header("location"), PAGE);
    app.login_as("ann@example.org", NEW_PASSWORD).await.expect(200);
}
