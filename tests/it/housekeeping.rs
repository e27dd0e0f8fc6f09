//! What has run out is removed, and nothing else.

use kith::server::housekeeping::sweep;
use serde_json::json;

use crate::support::app::TestApp;

#[tokio::test]
async fn expired_sessions_and_sign_ins_are_removed_and_live_ones_stay() {
    let app = TestApp::start().await;
    let old = app.signed_in("ann").await;
    for table in ["sessions", "refresh_tokens"] {
        let statement = format!("UPDATE users.{table} SET expires_at = now() - interval '1 second'");
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&app.pool).await.unwrap();
    }
    let live = app.login("ann").await.expect(200);
    sweep(&app.pool, 7).await.unwrap();
    for table in ["sessions", "refresh_tokens", "token_families"] {
        assert_eq!(app.count(table).await, 1, "{table}");
    }
    app.page("/timeline", &live.session()).await.expect(200);
    app.page("/timeline", &old.session()).await.expect(303);
    app.refresh(&live.refresh_token()).await.expect(200);
}

#[tokio::test]
async fn an_account_that_is_never_verified_frees_its_email_and_username_after_a_week() {
    let app = TestApp::start().await;
    for name in ["ann", "ben", "cat"] {
        app.register(name).await.expect(201);
    }
    app.verify("ben").await;
    let age = "UPDATE users.users SET created_at = now() - CASE username WHEN 'cat' THEN interval '6 days 23 hours'
               ELSE interval '7 days 1 second' END";
    sqlx::query(age).execute(&app.pool).await.unwrap();
    app.register("ann").await.expect_error(409, "EMAIL_ALREADY_EXISTS");
    sweep(&app.pool, 7).await.unwrap();
    let left: Vec<String> =
        sqlx::query_scalar("SELECT username FROM users.users ORDER BY 1").fetch_all(&app.pool).await.unwrap();
    assert_eq!(left, ["ben", "cat"]);
    app.register("ann").await.expect(201);
    app.register("ben").await.expect_error(409, "EMAIL_ALREADY_EXISTS");
}

#[tokio::test]
async fn limits_that_are_full_again_are_forgotten() {
    let app = TestApp::start().await;
    app.post("/auth/login", json!({ "email": "ann@example.org", "password": "wrong" })).await.expect(401);
    assert_eq!(app.count("rate_limits").await, 3);
    sweep(&app.pool, 7).await.unwrap();
    assert_eq!(app.count("rate_limits").await, 3);
    sqlx::query("UPDATE users.rate_limits SET full_at = now() - interval '1 second'").execute(&app.pool).await.unwrap();
    sweep(&app.pool, 7).await.unwrap();
    assert_eq!(app.count("rate_limits").await, 0);
}
