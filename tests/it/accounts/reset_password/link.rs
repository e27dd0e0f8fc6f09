//! `POST /auth/reset-password`: which links set which passwords, and the page that a link opens.

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use sqlx::AssertSqlSafe;

use super::support::{NEW_PASSWORD, PAGE, app_with_link, link, reset, reset_to, send};
use crate::support::app::{PASSWORD, TestApp};
use crate::support::response::TestResponse;

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
async fn a_suspended_account_cannot_be_reset_and_keeps_its_link_until_the_suspension_ends() {
    let (app, token) = app_with_link().await;
    let suspend = async |value: &str| {
        let statement = format!("UPDATE users.users SET suspended_at = {value}");
        sqlx::query(AssertSqlSafe(statement)).execute(&app.pool).await.unwrap();
    };
    suspend("now()").await;
    reset(&app, &token).await.expect_error(422, "INVALID_RESET_TOKEN");
    app.login("ann").await.expect_error(403, "ACCOUNT_SUSPENDED");
    suspend("NULL").await;
    reset(&app, &token).await.expect(204);
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
    assert!(page.text.contains("Open the link again"), "{}", page.text);
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
