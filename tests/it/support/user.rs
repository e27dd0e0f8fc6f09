//! A signed-in user who sends requests.

use kith::server::config::signing::Signing;
use reqwest::Method;
use serde_json::Value;
use time::Duration;

use super::app::{KEY, TestApp};
use super::response::TestResponse;

pub struct TestUser {
    pub id: String,
    pub token: String,
}

/// Registers, verifies and signs in a new user.
pub async fn test_user(app: &TestApp, name: &str) -> TestUser {
    let token = app.signed_in(name).await.access_token();
    let id = app.me(&token).await.expect(200).json()["id"].as_str().unwrap().to_owned();
    TestUser { id, token }
}

/// The usernames of listed users.
pub fn usernames(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["username"].as_str().unwrap()).collect()
}

impl TestUser {
    /// A caller with the token of another service.
    pub fn service(app: &TestApp) -> Self {
        let lookup = |name: &str| match name {
            "JWT_PRIVATE_KEY" => Some(KEY.clone()),
            "PUBLIC_URL" => Some(app.origin.clone()),
            _ => None,
        };
        let keys = Signing::from_lookup(lookup).unwrap().token_keys().unwrap();
        Self { id: String::new(), token: keys.sign_for_service("posts", Duration::days(1)).unwrap() }
    }

    pub async fn send(&self, app: &TestApp, method: Method, path: &str) -> TestResponse {
        TestResponse::of(app.request(method, path).bearer_auth(&self.token)).await
    }

    pub async fn follow(&self, app: &TestApp, id: &str) -> TestResponse {
        self.send(app, Method::POST, &format!("/users/{id}/follow")).await
    }

    pub async fn unfollow(&self, app: &TestApp, id: &str) -> TestResponse {
        self.send(app, Method::DELETE, &format!("/users/{id}/follow")).await
    }

    pub async fn get(&self, app: &TestApp, path: &str) -> TestResponse {
        self.send(app, Method::GET, path).await
    }

    /// The follower and followee counts of the user's profile.
    pub async fn counts(&self, app: &TestApp) -> (i64, i64) {
        let me = app.me(&self.token).await.expect(200).json();
        (me["follower_count"].as_i64().unwrap(), me["followee_count"].as_i64().unwrap())
    }
}
