//! USER-INFRA-001.4-S1

use serde_json::json;

use crate::support::app::TestApp;
use crate::support::database;

#[tokio::test]
async fn user_infra_001_4_s1_health_is_ok_while_the_database_is_up() {
    let app = TestApp::start().await;
    for path in ["/health", "/readyz", "/livez"] {
        let response = app.get(path).await.expect(200);
        assert_eq!(response.json(), json!({ "status": "ok" }));
    }
}

#[tokio::test]
async fn health_is_503_while_the_database_is_down_and_then_recovers() {
    let app = TestApp::start().await;
    database::block_connections(&app.pool).await;
    for path in ["/health", "/readyz"] {
        assert_eq!(app.get(path).await.expect(503).json()["status"], "database unavailable");
    }
    // The process is alive, and the pages of visitors need no database.
    app.get("/livez").await.expect(200);
    app.page("/login", "").await.expect(200);

    database::allow_connections(&app.pool).await;
    assert_eq!(app.get("/health").await.expect(200).json(), json!({ "status": "ok" }));
    app.register("ann").await.expect(201);
}
