//! USER-INFRA-001.4-S1

use serde_json::json;

use crate::support::app::TestApp;

#[tokio::test]
async fn user_infra_001_4_s1_health_is_ok_while_the_database_answers() {
    let app = TestApp::start().await;
    for path in ["/health", "/readyz", "/livez"] {
        let answer = app.get(path).await.expect(200);
        assert_eq!(answer.json(), json!({ "status": "ok" }));
    }
}
