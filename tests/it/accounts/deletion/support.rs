//! What the tests about deletions share.

use reqwest::Method;
use serde_json::json;
use sqlx::AssertSqlSafe;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::outbox::wait_until;
use crate::support::response::TestResponse;
use crate::support::user::{TestUser, test_user, usernames};

pub async fn number(app: &TestApp, statement: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&app.pool).await.unwrap()
}

pub async fn texts(app: &TestApp, statement: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(&app.pool).await.unwrap()
}

/// Signs up users with these names.
pub async fn test_users<const N: usize>(app: &TestApp, names: [&str; N]) -> [TestUser; N] {
    let mut users = Vec::new();
    for name in names {
        users.push(test_user(app, name).await);
    }
    users.try_into().ok().unwrap()
}

/// Keeps all instances from hiding, restoring and erasing in the background.
pub async fn pause_background(app: &TestApp) {
    app.run(
        "INSERT INTO users.leases VALUES ('accounts', gen_random_uuid(), 'infinity')
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at",
    )
    .await;
}

/// Lets the background work again, and starts an instance that does so at once.
pub async fn resume_background(app: &TestApp) -> TestApp {
    app.run("DELETE FROM users.leases WHERE name = 'accounts'").await;
    TestApp::start_another(app, &[("PUBLIC_URL", &app.origin)]).await
}

/// Waits until the background has moved the follows of all hidden and restored users.
pub async fn wait_until_moved(app: &TestApp) {
    wait_until("all follows are moved", async || app.count("hidings").await == 0).await;
}

pub async fn delete(app: &TestApp, user: &TestUser) -> TestResponse {
    user.send(app, Method::POST, "/users/me/deletion").await
}

/// Signs in to an account that is about to be deleted, and returns the token that restores it.
pub async fn restore_token(app: &TestApp, name: &str) -> String {
    let response = app.login(name).await.expect(403);
    let body = response.json();
    assert_eq!(body["error"]["code"], "ACCOUNT_PENDING_DELETION", "{body}");
    body["restore_token"].as_str().unwrap().to_owned()
}

pub async fn restore(app: &TestApp, token: &str) -> TestResponse {
    app.post("/auth/restore", json!({ "restore_token": token })).await
}

/// Keeps the account `name`, and returns the user with the new access token.
pub async fn keep(app: &TestApp, name: &str, id: &str) -> TestUser {
    let token = restore_token(app, name).await;
    TestUser { id: id.to_owned(), token: restore(app, &token).await.expect(200).access_token() }
}

/// All follows with their times.
pub async fn follows(app: &TestApp) -> Vec<(Uuid, Uuid, OffsetDateTime)> {
    let statement = "SELECT follower_id, followee_id, created_at FROM users.follows ORDER BY 1, 2";
    sqlx::query_as(statement).fetch_all(&app.pool).await.unwrap()
}

pub async fn listed(app: &TestApp, viewer: &TestUser, user: &TestUser, list: &str) -> Vec<String> {
    let body = viewer.get(app, &format!("/users/{}/{list}", user.id)).await.expect(200).json();
    usernames(&body["items"]).into_iter().map(ToOwned::to_owned).collect()
}
