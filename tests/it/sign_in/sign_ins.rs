//! The rows of `users.sign_ins`, by which users recognize their sign-ins.

use reqwest::Method;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::response::TestResponse;

type Row = (Option<String>, Option<String>, bool);

/// The user agent and network of each sign-in, and whether it was ever refreshed.
async fn rows(app: &TestApp) -> Vec<Row> {
    sqlx::query_as("SELECT user_agent, network::text, last_used_at IS NOT NULL FROM users.sign_ins ORDER BY id")
        .fetch_all(&app.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_sign_in_records_its_browser_network_and_last_use() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    app.verify("ann").await;
    let body = json!({ "email": "ann@example.org", "password": PASSWORD });
    let request = app.request(Method::POST, "/auth/login").header("user-agent", "b".repeat(300)).json(&body);
    let response = TestResponse::of(request).await.expect(200);
    let network = Some("127.0.0.0/24".to_owned());
    assert_eq!(rows(&app).await, [(Some("b".repeat(256)), network.clone(), false)]);
    app.refresh(&response.refresh_token()).await.expect(200);
    assert_eq!(rows(&app).await, [(Some("b".repeat(256)), network.clone(), true)]);
    // A client without a user agent.
    app.login("ann").await.expect(200);
    assert_eq!(rows(&app).await[1], (None, network, false));
}

#[tokio::test]
async fn on_one_machine_earlier_versions_can_use_the_table_by_its_old_name() {
    let app = TestApp::start().await;
    let response = app.signed_in("ann").await;
    for statement in [
        "WITH family AS (
             INSERT INTO users.token_families (id, user_id)
             SELECT gen_random_uuid(), id FROM users.users FOR SHARE RETURNING id, user_id)
         INSERT INTO users.refresh_tokens (token_hash, user_id, family_id, expires_at)
         SELECT sha256('x'), user_id, id, now() + interval '1 day' FROM family",
        "UPDATE users.refresh_tokens t SET revoked = true FROM users.token_families f
         WHERE t.token_hash = sha256('x') AND f.id = t.family_id AND f.revoked_at IS NULL AND f.created_at <= now()",
        "DELETE FROM users.token_families f USING users.refresh_tokens t WHERE t.family_id = f.id AND t.revoked",
    ] {
        assert_eq!(sqlx::query(statement).execute(&app.pool).await.unwrap().rows_affected(), 1, "{statement}");
    }
    sqlx::query("UPDATE users.token_families SET revoked_at = now()").execute(&app.pool).await.unwrap();
    app.refresh(&response.refresh_token()).await.expect_error(401, "INVALID_REFRESH_TOKEN");
}
