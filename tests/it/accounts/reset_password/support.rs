//! What the tests about resets share.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::response::TestResponse;

/// The page that the link opens.
pub const PAGE: &str = "/reset-password";

pub const NEW_PASSWORD: &str = "a quiet river runs";

pub async fn reset_to(app: &TestApp, token: &str, password: &str) -> TestResponse {
    app.post("/auth/reset-password", json!({ "token": token, "password": password })).await
}

pub async fn reset(app: &TestApp, token: &str) -> TestResponse {
    reset_to(app, token, NEW_PASSWORD).await
}

/// Asks for a link, and returns its token. `name` has not got one before.
pub async fn link(app: &TestApp, name: &str) -> String {
    let address = format!("{name}@example.org");
    app.post("/auth/forgot-password", json!({ "email": address })).await.expect(202);
    app.mailbox.token(&address, PAGE).await
}

/// Starts the service with Ann's verified account, and returns the token of a link for her.
pub async fn app_with_link() -> (TestApp, String) {
    let app = TestApp::start().await;
    app.signed_in("ann").await;
    let token = link(&app, "ann").await;
    (app, token)
}

/// Sends an operation with an access token.
pub async fn send(app: &TestApp, method: Method, path: &str, token: &str, body: Value) -> TestResponse {
    TestResponse::of(app.request(method, path).bearer_auth(token).json(&body)).await
}
