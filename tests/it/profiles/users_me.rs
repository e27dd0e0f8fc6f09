//! `GET /users/me`: USER-BE-003.1

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::response::TestResponse;

#[tokio::test]
async fn user_be_003_1_s1_users_get_their_own_profile() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let body = app.me(&login.access_token()).await.expect(200).json();
    for field in ["id", "username", "display_name", "bio", "avatar_url", "created_at"] {
        assert!(body.get(field).is_some(), "{field}: {body}");
    }
    assert_eq!((&body["username"], &body["display_name"]), (&json!("ann"), &Value::Null));
    assert!(!body.to_string().contains("$2b$"));
}

#[tokio::test]
async fn a_missing_token_returns_401_with_a_challenge() {
    let app = TestApp::start().await;
    let response = app.get("/users/me").await;
    response.expect_error(401, "UNAUTHENTICATED");
    assert_eq!(response.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn an_invalid_token_is_rejected_even_with_a_valid_session() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let by_session = app.request(Method::GET, "/users/me").header("cookie", login.session());
    TestResponse::of(by_session).await.expect(200);
    for authorization in ["Bearer nonsense", "Bearer ", "Bearer", ""] {
        let request = app.request(Method::GET, "/users/me").header("cookie", login.session());
        TestResponse::of(request.header("authorization", authorization)).await.expect_error(401, "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn the_token_of_a_deleted_account_is_rejected() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    sqlx::query("DELETE FROM users.users").execute(&app.pool).await.unwrap();
    app.me(&token).await.expect_error(401, "UNAUTHENTICATED");
}
