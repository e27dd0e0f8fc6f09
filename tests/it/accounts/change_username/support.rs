//! What the tests about changes of the username share.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::response::TestResponse;
use crate::support::user::TestUser;

pub async fn rename(app: &TestApp, user: &TestUser, username: &str) -> TestResponse {
    let request = app.request(Method::PUT, "/users/me/username").bearer_auth(&user.token);
    TestResponse::of(request.json(&json!({ "username": username }))).await
}

/// Makes all changes so far `days` older.
pub async fn age_changes(app: &TestApp, days: i32) {
    app.run(&format!(
        "UPDATE users.users SET username_changed_at = earlier(username_changed_at, make_interval(days => {days}));
         UPDATE users.username_holds SET held_until = earlier(held_until, make_interval(days => {days})),
             redirects_until = earlier(redirects_until, make_interval(days => {days}));
         UPDATE users.username_looks SET held_until = earlier(held_until, make_interval(days => {days}))"
    ))
    .await;
}

/// Registers a new account with this username.
pub async fn register(app: &TestApp, username: &str) -> TestResponse {
    let body = json!({ "email": "other@example.org", "username": username, "password": PASSWORD });
    app.post("/auth/register", body).await
}

pub async fn shown_name(app: &TestApp, name: &str) -> Value {
    app.get(&format!("/profiles/{name}")).await.expect(200).json()["username"].clone()
}

#[track_caller]
pub fn expect_recently(response: &TestResponse) -> u32 {
    response.expect_error(409, "USERNAME_CHANGED_RECENTLY");
    response.header("retry-after").parse().unwrap()
}
