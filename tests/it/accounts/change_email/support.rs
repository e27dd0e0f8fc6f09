//! What the tests about changes of the address share.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::response::TestResponse;

pub const NEW_PASSWORD: &str = "a quiet river runs";

pub const FIRST: &str = "ann@example.org";
pub const SECOND: &str = "second@example.org";
pub const THIRD: &str = "third@example.org";

/// The subject of a mail.
pub const REQUESTED: &str = "A new email address was requested";

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";

pub async fn send(app: &TestApp, method: Method, path: &str, token: &str, body: Value) -> TestResponse {
    let request = app.request(method, path).bearer_auth(token).header("user-agent", FIREFOX);
    TestResponse::of(request.json(&body)).await
}

pub async fn request(app: &TestApp, token: &str, email: &str) -> TestResponse {
    send(app, Method::POST, "/users/me/email", token, json!({ "email": email })).await
}

pub async fn confirm(app: &TestApp, token: &str) -> TestResponse {
    app.post("/auth/confirm-email", json!({ "token": token })).await
}

pub async fn undo(app: &TestApp, token: &str) -> TestResponse {
    app.post("/auth/undo-email-change", json!({ "token": token })).await
}

pub async fn reset(app: &TestApp, token: &str) -> TestResponse {
    app.post("/auth/reset-password", json!({ "token": token, "password": NEW_PASSWORD })).await
}

/// Changes the address, which has not been asked to confirm before, with a link that is opened at once.
pub async fn change(app: &TestApp, token: &str, email: &str) {
    request(app, token, email).await.expect(202);
    let link = app.mailbox.token(email, "/confirm-email").await;
    assert_eq!(confirm(app, &link).await.expect(200).json(), json!({ "email": email }));
}

/// The address of the caller, and the one that waits for a confirmation.
pub async fn addresses(app: &TestApp, token: &str) -> (String, Option<String>) {
    let me = app.me(token).await.expect(200).json();
    (me["email"].as_str().unwrap().to_owned(), me["pending_email"].as_str().map(str::to_owned))
}

/// Starts the service with Ann's verified account, and returns an access token for her.
pub async fn app_with_ann() -> (TestApp, String) {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    (app, token)
}

/// Registers `email` as `username` without verifying it, and returns the token of the link that rejects the account.
pub async fn register(app: &TestApp, email: &str, username: &str) -> String {
    let body = json!({ "email": email, "username": username, "password": PASSWORD });
    app.post("/auth/register", body).await.expect(201);
    app.mailbox.token(email, "/verify-email").await
}
