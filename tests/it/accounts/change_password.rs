//! `PUT /users/me/password`: a user who knows the current password chooses another one.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::log::Log;
use crate::support::outbox::wait_until;
use crate::support::provider::{Behavior, OK, Provider};
use crate::support::response::TestResponse;
use crate::support::token::claims;
use crate::support::user::TestUser;

const NEW_PASSWORD: &str = "a quiet river runs";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";

async fn change(app: &TestApp, token: &str, current: &str, new: &str) -> TestResponse {
    let body = json!({ "current_password": current, "password": new });
    let request = app.request(Method::PUT, "/users/me/password").bearer_auth(token).header("user-agent", FIREFOX);
    TestResponse::of(request.json(&body)).await
}

/// Changes the password with the page session of `login`, as a browser does.
async fn change_in_browser(app: &TestApp, login: &TestResponse, current: &str, new: &str) -> TestResponse {
    let body = json!({ "current_password": current, "password": new });
    let request = app.request(Method::PUT, "/users/me/password").bearer_auth(login.access_token());
    TestResponse::of(request.header("cookie", login.session()).json(&body)).await
}

/// Sends a change of the profile.
async fn update(app: &TestApp, token: &str) -> TestResponse {
    let request = app.request(Method::PATCH, "/users/me").bearer_auth(token);
    TestResponse::of(request.json(&json!({ "bio": "changed" }))).await
}

#[tokio::test]
async fn a_change_keeps_the_session_of_the_caller_with_new_tokens() {
    let log = Log::capture();
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    sqlx::query("UPDATE users.sign_ins SET authenticated_at = now() - interval '1 day'")
        .execute(&app.pool)
        .await
        .unwrap();
    let changed = change_in_browser(&app, &login, PASSWORD, NEW_PASSWORD).await.expect(200);
    assert_eq!(changed.json()["expires_in"], 900);
    assert!(!changed.cookie("device").value().is_empty());

    // Presenting the old refresh token is no sign of theft, not even later.
    for _ in 0..2 {
        app.refresh(&login.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
        sqlx::query("UPDATE users.refresh_tokens SET rotated_at = now() - interval '1 hour'")
            .execute(&app.pool)
            .await
            .unwrap();
    }
    assert_eq!(log.lines("INFO", "\"reused\""), [""; 0]);
    // A page session that someone copied before ends, too (OWASP ASVS 7.2.4).
    app.page("/timeline", &changed.session()).await.expect(200);
    app.page("/timeline", &login.session()).await.expect(303);
    let refreshed = app.refresh(&changed.refresh_token()).await.expect(200);
    update(&app, &changed.access_token()).await.expect(200);
    // Access tokens name the session, so the earlier one still works.
    update(&app, &login.access_token()).await.expect(200);

    let [old, new, later] = [&login, &changed, &refreshed].map(|response| claims(&response.access_token()));
    assert!(old["sid"].is_string());
    assert_eq!((&new["sid"], &later["sid"]), (&old["sid"], &old["sid"]));
    // The password was proven now.
    assert!(new["auth_time"].as_i64() >= old["auth_time"].as_i64());
    assert_eq!((&later["auth_time"], &new["amr"]), (&new["auth_time"], &json!(["pwd"])));

    app.login("ann").await.expect_error(401, "INVALID_CREDENTIALS");
    app.login_as("ann@example.org", NEW_PASSWORD).await.expect(200);
    assert!(!log.text().contains(NEW_PASSWORD));
}

#[tokio::test]
async fn a_change_ends_all_other_sessions() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let others = [app.login("ann").await.expect(200), app.login("ann").await.expect(200)];
    let ben = app.signed_in("ben").await;
    change_in_browser(&app, &login, PASSWORD, NEW_PASSWORD).await.expect(200);
    for other in &others {
        app.refresh(&other.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
        app.page("/timeline", &other.session()).await.expect(303);
        update(&app, &other.access_token()).await.expect_error(401, "UNAUTHENTICATED");
        change(&app, &other.access_token(), NEW_PASSWORD, PASSWORD).await.expect_error(401, "UNAUTHENTICATED");
    }
    app.refresh(&ben.refresh_token()).await.expect(200);
    let revoked: Vec<String> =
        sqlx::query_scalar("SELECT data ->> 'sid' FROM users.events WHERE type = 'session.revoked' ORDER BY 1")
            .fetch_all(&app.pool)
            .await
            .unwrap();
    let mut ended = others.map(|other| claims(&other.access_token())["sid"].as_str().unwrap().to_owned());
    ended.sort();
    assert_eq!(revoked, ended);
}

#[tokio::test]
async fn a_caller_without_the_page_session_gets_one_for_the_same_sign_in() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let changed = change(&app, &login.access_token(), PASSWORD, NEW_PASSWORD).await.expect(200);
    app.page("/timeline", &changed.session()).await.expect(200);
    app.page("/timeline", &login.session()).await.expect(303);
    assert_eq!(app.count("sign_ins").await, 1);
}

#[tokio::test]
async fn a_wrong_current_password_changes_nothing_and_counts_as_a_failed_sign_in() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let token = login.access_token();
    for left in (0..10).rev() {
        // A new password that is too common makes no difference.
        let response = change(&app, &token, "mistaken pass", ["password", NEW_PASSWORD][left % 2]).await;
        response.expect_error(403, "WRONG_PASSWORD");
        assert_eq!(response.header("ratelimit-remaining"), left.to_string());
        assert!(response.cookies().is_empty());
    }
    // The budget is that of signing in.
    let limited = change(&app, &token, PASSWORD, NEW_PASSWORD).await;
    limited.expect_error(429, "RATE_LIMITED");
    assert!(limited.header("retry-after").parse::<u32>().is_ok_and(|seconds| (50..=60).contains(&seconds)));
    app.login("ann").await.expect_error(429, "RATE_LIMITED");
    let proof = app.request(Method::POST, "/auth/reauthenticate").bearer_auth(&token);
    TestResponse::of(proof.json(&json!({ "password": PASSWORD }))).await.expect_error(429, "RATE_LIMITED");
    // The session goes on.
    app.refresh(&login.refresh_token()).await.expect(200);

    sqlx::query("DELETE FROM users.rate_buckets").execute(&app.pool).await.unwrap();
    app.login("ann").await.expect(200);
    for _ in 0..10 {
        app.login_as("ann@example.org", "mistaken pass").await.expect(401);
    }
    change(&app, &token, PASSWORD, NEW_PASSWORD).await.expect_error(429, "RATE_LIMITED");
}

#[tokio::test]
async fn a_fresh_session_does_not_replace_the_current_password() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    for body in [json!({ "password": NEW_PASSWORD }), json!({ "password": NEW_PASSWORD, "current_password": "" })] {
        let request = app.request(Method::PUT, "/users/me/password").bearer_auth(login.access_token());
        let response = TestResponse::of(request.json(&body)).await;
        response.expect_error(422, "VALIDATION_FAILED");
        assert!(response.json()["error"]["fields"]["current_password"].is_array(), "{}", response.text);
    }
    app.login("ann").await.expect(200);
}

#[tokio::test]
async fn a_new_password_that_registration_rejects_is_rejected_and_costs_no_attempt() {
    let app = TestApp::start().await;
    let account = |password: &str| json!({ "email": "annabel@example.org", "username": "bella", "password": password });
    let long = "quiet river ".repeat(7);
    let passwords = ["", "short", "password", "a Bella river runs", "my ANNABEL river", "nul\0in a river", &long];
    let mut reasons = Vec::new();
    for password in passwords {
        reasons.push(app.post("/auth/register", account(password)).await.expect(422).json());
    }
    app.post("/auth/register", account(PASSWORD)).await.expect(201);
    app.verify("bella").await;
    let token = app.login_as("annabel@example.org", PASSWORD).await.expect(200).access_token();
    for _ in 0..2 {
        for (password, reason) in passwords.into_iter().zip(&reasons) {
            let response = change(&app, &token, PASSWORD, password).await;
            response.expect_error(422, "VALIDATION_FAILED");
            assert_eq!(response.json()["error"]["fields"], reason["error"]["fields"], "{password}");
        }
    }
    app.login_as("annabel@example.org", PASSWORD).await.expect(200);
    change(&app, &token, PASSWORD, NEW_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_change_ends_outstanding_links() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    let verification = app.mailbox.token("ann@example.org", "/verify-email").await;
    app.verify("ann").await;
    let login = app.login("ann").await.expect(200);
    for path in ["/auth/forgot-password", "/auth/sign-in-link"] {
        app.post(path, json!({ "email": "ann@example.org" })).await.expect(202);
    }
    let reset = app.mailbox.token("ann@example.org", "/reset-password").await;
    let sign_in = app.mailbox.token("ann@example.org", "/sign-in-link").await;
    change(&app, &login.access_token(), PASSWORD, NEW_PASSWORD).await.expect(200);
    let body = json!({ "token": reset, "password": "another quiet river" });
    app.post("/auth/reset-password", body).await.expect_error(422, "INVALID_RESET_TOKEN");
    app.post("/auth/sign-in-with-link", json!({ "token": sign_in })).await.expect_error(422, "INVALID_SIGN_IN_TOKEN");
    let verified = app.post("/auth/verify-email", json!({ "token": verification })).await;
    verified.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    app.login_as("ann@example.org", NEW_PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_link_that_is_still_to_be_sent_is_not_sent_after_a_change() {
    const RESET: &str = "Choose a new password";
    let provider = Provider::start(OK).await;
    provider.set_behavior(|mail| if mail.subject == RESET { Behavior::Status(503) } else { OK });
    let app = TestApp::start_with(&[("EMAIL_PROVIDER_URL", &provider.url)]).await;
    let login = app.signed_in("ann").await;
    app.post("/auth/forgot-password", json!({ "email": "ann@example.org" })).await.expect(202);
    let attempts = || provider.received().into_iter().filter(|mail| mail.subject == RESET).collect::<Vec<_>>();
    wait_until("the provider rejects the link", async || !attempts().is_empty()).await;
    change(&app, &login.access_token(), PASSWORD, NEW_PASSWORD).await.expect(200);
    provider.set_behavior(|_| OK);
    wait_until("every mail is sent", async || app.count("email_outbox").await == 0).await;
    let subjects: Vec<_> = provider.accepted().into_iter().map(|mail| mail.subject).collect();
    assert!(subjects.iter().all(|subject| subject != RESET), "{subjects:?}");
    // The provider may have delivered what it rejected.
    for mail in attempts() {
        let body = json!({ "token": mail.token("/reset-password"), "password": "another quiet river" });
        app.post("/auth/reset-password", body).await.expect_error(422, "INVALID_RESET_TOKEN");
    }
}

#[tokio::test]
async fn a_change_cancels_a_pending_change_of_the_address_because_its_link_ends() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    let request = app.request(Method::POST, "/users/me/email").bearer_auth(&token);
    TestResponse::of(request.json(&json!({ "email": "second@example.org" }))).await.expect(202);
    let confirmation = app.mailbox.token("second@example.org", "/confirm-email").await;
    change(&app, &token, PASSWORD, NEW_PASSWORD).await.expect(200);
    let confirmed = app.post("/auth/confirm-email", json!({ "token": confirmation })).await;
    confirmed.expect_error(422, "INVALID_VERIFICATION_TOKEN");
    // The settings must not ask the user to open a link that no longer works.
    assert_eq!(app.me(&token).await.expect(200).json()["pending_email"], Value::Null);
}

#[tokio::test]
async fn the_owner_is_told_and_the_change_is_recorded() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let id = app.me(&login.access_token()).await.json()["id"].as_str().unwrap().to_owned();
    let changed = change(&app, &login.access_token(), PASSWORD, NEW_PASSWORD).await.expect(200);
    let notice = app.mailbox.wait_for_subject("ann@example.org", "Your password was changed", 1).await.remove(0);
    assert!(notice.text.contains("Hello ann,") && notice.text.contains("Firefox on Windows"), "{}", notice.text);
    assert!(notice.text.lines().any(|line| line == format!("{}/forgot-password", app.origin)), "{}", notice.text);
    assert!(!notice.text.contains("token") && !notice.html.contains("token"));

    let rows: Vec<(String, String, String, String, Value)> =
        sqlx::query_as("SELECT actor, action, target::text, request_id, details FROM users.audit_log")
            .fetch_all(&app.pool)
            .await
            .unwrap();
    let (actor, action) = ("user".to_owned(), "password.changed".to_owned());
    assert_eq!(rows, [(actor, action, id, changed.header("x-request-id").to_owned(), json!({}))]);
}

#[tokio::test]
async fn of_ten_concurrent_changes_one_succeeds_for_each_password() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "off")]).await;
    app.register("ann").await.expect(201);
    app.verify("ann").await;
    let mut current = PASSWORD.to_owned();
    for round in 0..3 {
        let mut tokens = Vec::new();
        for _ in 0..2 {
            tokens.push(app.login_as("ann@example.org", &current).await.expect(200).access_token());
        }
        let new: Vec<_> = (0..10).map(|n| format!("quiet river {round} number {n}")).collect();
        let changes = new.iter().zip(tokens.iter().cycle()).map(|(new, token)| change(&app, token, &current, new));
        let mut succeeded = Vec::new();
        for (response, new) in join_all(changes).await.into_iter().zip(&new) {
            match (response.status, response.code().as_str()) {
                (200, _) => succeeded.push(new),
                // Another change came first, in this session or in the other one.
                (403, "WRONG_PASSWORD") | (401, "UNAUTHENTICATED") => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(succeeded.len(), 1, "round {round}");
        for password in new.iter().chain([&current]) {
            let expected = if succeeded[0] == password { 200 } else { 401 };
            app.login_as("ann@example.org", password).await.expect(expected);
        }
        current.clone_from(succeeded[0]);
    }
    let notices = app.mailbox.wait_for_subject("ann@example.org", "Your password was changed", 3).await;
    assert_eq!(notices.len(), 3);
}

#[tokio::test]
async fn visitors_services_and_ended_sessions_cannot_change_a_password() {
    let app = TestApp::start().await;
    let body = json!({ "current_password": PASSWORD, "password": NEW_PASSWORD });
    let request = app.request(Method::PUT, "/users/me/password").json(&body);
    TestResponse::of(request).await.expect_error(401, "UNAUTHENTICATED");
    let service = TestUser::service(&app).token;
    change(&app, &service, PASSWORD, NEW_PASSWORD).await.expect_error(403, "FORBIDDEN");

    let login = app.signed_in("ann").await;
    let cookie = format!("refresh_token={}", login.refresh_token());
    let sign_out = app.request(Method::POST, "/auth/logout").header("cookie", cookie);
    TestResponse::of(sign_out).await.expect(204);
    change(&app, &login.access_token(), PASSWORD, NEW_PASSWORD).await.expect_error(401, "UNAUTHENTICATED");
    // The answer does not depend on the password.
    change(&app, &login.access_token(), "mistaken pass", NEW_PASSWORD).await.expect_error(401, "UNAUTHENTICATED");
    app.login("ann").await.expect(200);
}

#[tokio::test]
async fn the_plain_form_shows_errors_and_success_and_stays_signed_in() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let submit = async |current: &str, new: &str| {
        let back = "/settings/security#change-password";
        let fields = [("current_password", current), ("password", new), ("_method", "PUT"), ("_back", back)];
        let posted = app.submit("/users/me/password", &fields, &login.session()).await.expect(303);
        assert_eq!(posted.header("location"), back);
        let cookies = format!("{}; {}", login.session(), posted.session());
        (app.page("/settings/security", &cookies).await.expect(200).text, posted)
    };
    let (page, _) = submit("mistaken pass", NEW_PASSWORD).await;
    assert!(page.contains("This is not your current password"), "{page}");
    let (page, _) = submit(PASSWORD, "short").await;
    assert!(page.contains("Use at least 8 characters") && !page.contains(PASSWORD), "{page}");
    let (page, posted) = submit(PASSWORD, NEW_PASSWORD).await;
    assert!(page.contains("Your password is changed") && !page.contains(NEW_PASSWORD), "{page}");
    app.refresh(&posted.refresh_token()).await.expect(200);
    app.page("/timeline", &posted.session()).await.expect(200);
    app.login_as("ann@example.org", NEW_PASSWORD).await.expect(200);
}
