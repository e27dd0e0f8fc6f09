//! `GET /auth/username-availability`.

use serde_json::json;

use super::change_username::support::{register, rename};
use crate::support::app::TestApp;
use crate::support::user::test_user;

async fn is_available(app: &TestApp, username: &str) -> bool {
    let response = app.get(&format!("/auth/username-availability?username={username}")).await.expect(200);
    let body = response.json();
    assert_eq!(body, json!({ "available": body["available"] }));
    body["available"].as_bool().expect("a boolean")
}

#[tokio::test]
async fn a_username_is_available_if_a_registration_would_get_it() {
    let app = TestApp::start().await;
    let ann = test_user(&app, "ann").await;
    for (username, available) in [("ben", true), ("ann", false), ("ANN", false)] {
        assert_eq!(is_available(&app, username).await, available, "{username}");
    }
    register(&app, "Ann").await.expect_error(409, "USERNAME_TAKEN");

    // A former name is held for its owner.
    rename(&app, &ann, "anna").await.expect(200);
    for username in ["ann", "anna"] {
        assert!(!is_available(&app, username).await, "{username}");
    }
    let hold = async |until: &str, look: &str| {
        let look = format!("UPDATE users.username_looks SET held_until = {look} WHERE held_until IS NOT NULL");
        app.run(&format!("UPDATE users.username_holds SET held_until = {until}; {look}")).await;
    };
    hold("NULL", "'infinity'").await;
    assert!(!is_available(&app, "ann").await, "held for ever");
    hold("now()", "now()").await;
    assert!(is_available(&app, "ann").await);
    register(&app, "ann").await.expect(201);
}

#[tokio::test]
async fn a_username_that_no_account_can_have_is_rejected_as_by_a_registration() {
    let app = TestApp::start().await;
    for username in ["", "ab", "admin", "with%20space"] {
        let response = app.get(&format!("/auth/username-availability?username={username}")).await;
        response.expect_error(422, "VALIDATION_FAILED");
        let decoded = username.replace("%20", " ");
        let registered = register(&app, &decoded).await;
        assert_eq!(response.json()["error"]["fields"], registered.json()["error"]["fields"], "{username}");
    }
}

#[tokio::test]
async fn questions_are_rate_limited_by_client() {
    let app = TestApp::start_with(&[("RATE_LIMITS", "on")]).await;
    for _ in 0..120 {
        is_available(&app, "ben").await;
    }
    // As many as were regained in the meantime are still answered.
    let mut limited = app.get("/auth/username-availability?username=ben").await;
    while limited.status == 200 {
        limited = app.get("/auth/username-availability?username=ben").await;
    }
    limited.expect_error(429, "RATE_LIMITED");
    // It does not use up registrations.
    app.register("ben").await.expect(201);
}
