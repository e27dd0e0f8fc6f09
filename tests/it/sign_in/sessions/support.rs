//! What the tests about sessions share.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::response::TestResponse;
use crate::support::token::sid;

pub const FIREFOX_ON_WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";
pub const SAFARI_ON_IOS: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 \
                             (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";

/// Signs in with these headers.
pub async fn sign_in(app: &TestApp, name: &str, headers: &[(&str, &str)]) -> TestResponse {
    let body = json!({ "email": format!("{name}@example.org"), "password": PASSWORD });
    let request = app.request(Method::POST, "/auth/login").json(&body);
    TestResponse::of(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

/// The items of the list that the bearer of `token` gets.
pub async fn listed(app: &TestApp, token: &str) -> Vec<Value> {
    let response = TestResponse::of(app.request(Method::GET, "/users/me/sessions").bearer_auth(token)).await;
    let body = response.expect(200).json();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["items"]);
    body["items"].as_array().unwrap().clone()
}

/// The ids of the sessions in the list.
pub async fn ids(app: &TestApp, token: &str) -> BTreeSet<String> {
    listed(app, token).await.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// The `sid` claims of these sign-ins.
pub fn sids<const N: usize>(logins: [&TestResponse; N]) -> BTreeSet<String> {
    logins.into_iter().map(|login| sid(&login.access_token())).collect()
}

/// Panics unless the session still works. Returns its new refresh token.
pub async fn expect_active(app: &TestApp, login: &TestResponse) -> String {
    app.page("/timeline", &login.session()).await.expect(200);
    let patch = app.request(Method::PATCH, "/users/me").bearer_auth(login.access_token());
    TestResponse::of(patch.json(&json!({ "bio": "x" }))).await.expect(200);
    app.refresh(&login.refresh_token()).await.expect(200).refresh_token()
}

pub async fn registered(app: &TestApp, name: &str) {
    app.register(name).await.expect(201);
    app.verify(name).await;
}
