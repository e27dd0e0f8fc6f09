//! What has run out is removed, and nothing else.

use kith::server::housekeeping::sweep;

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
    sweep(&app.pool).await.unwrap();
    for table in ["sessions", "refresh_tokens", "token_families"] {
        assert_eq!(app.count(table).await, 1, "{table}");
    }
    app.page("/timeline", &live.session()).await.expect(200);
    app.page("/timeline", &old.session()).await.expect(303);
    app.refresh(&live.refresh_token()).await.expect(200);
}
