//! Requests that another site makes a browser send.

use reqwest::Method;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::{PASSWORD, TestApp};

#[tokio::test]
async fn a_form_post_from_another_site_is_refused() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    for (header, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let request = app.request(Method::POST, "/auth/logout").header("cookie", login.session()).header(header, value);
        Answer::of(request.form(&[("x", "y")])).await.expect_error(403, "FORBIDDEN");
    }
    app.page("/timeline", &login.session()).await.expect(200);
}

#[tokio::test]
async fn nobody_can_be_signed_in_from_another_site() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    app.verify("ann").await;
    let body = json!({ "email": "ann@example.org", "password": PASSWORD });
    let request = app.request(Method::POST, "/auth/login").json(&body).header("sec-fetch-site", "cross-site");
    let answer = Answer::of(request).await;
    answer.expect_error(403, "FORBIDDEN");
    assert!(answer.cookies().is_empty());
}

#[tokio::test]
async fn our_own_pages_and_other_services_pass() {
    let app = TestApp::start().await;
    for (header, value) in [
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-site", "none"),
        ("origin", app.origin.as_str()),
        // A service: no browser headers at all.
        ("accept", "*/*"),
    ] {
        let request = app.request(Method::POST, "/auth/logout").header(header, value);
        Answer::of(request).await.expect(204);
    }
    // A Bearer token is not sent by browsers on their own.
    let token = app.signed_in("ann").await.access_token();
    let request = app.request(Method::POST, "/auth/logout").bearer_auth(token).header("origin", "https://app.example");
    Answer::of(request).await.expect(204);
}
