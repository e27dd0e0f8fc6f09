//! Requests that another site makes a browser send.

use reqwest::Method;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::response::TestResponse;

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
        TestResponse::of(request.form(&[("x", "y")])).await.expect_error(403, "FORBIDDEN");
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
    let answer = TestResponse::of(request).await;
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
        TestResponse::of(request).await.expect(204);
    }
    // A Bearer token is not sent by browsers on their own.
    let token = app.signed_in("ann").await.access_token();
    let request = app.request(Method::PATCH, "/users/me").bearer_auth(token).header("origin", "https://app.example");
    TestResponse::of(request.json(&json!({ "bio": "from elsewhere" }))).await.expect(200);
}

#[tokio::test]
async fn no_authorization_header_lets_another_site_in_by_the_cookies() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let token = login.access_token();
    let good = format!("Bearer {token}");
    let cookies = format!("{}; refresh_token={}", login.session(), login.refresh_token());
    let origin = app.origin.clone();
    let (https, other_port) = (origin.replace("http://", "https://"), format!("{origin}0"));
    let from_elsewhere = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", https.as_str()),
        ("origin", other_port.as_str()),
    ];
    let send = |method: Method, path: &str, authorization: &str, (name, value): (&str, &str)| {
        let request = app.request(method, path).header("cookie", &cookies).header("authorization", authorization);
        TestResponse::of(request.header(name, value).json(&json!({ "bio": "from elsewhere" })))
    };
    for from in from_elsewhere {
        for authorization in ["Basic eDp5", "Digest username=\"x\"", "Bearer x.y.z", "Bearer", "x", &format!("x{good}")]
        {
            for (method, path) in [(Method::PATCH, "/users/me"), (Method::DELETE, "/users/me/avatar")] {
                send(method, path, authorization, from).await.expect_error(403, "FORBIDDEN");
            }
        }
        // Routes that know their caller by the cookies are never open to other sites.
        for authorization in ["Basic eDp5", good.as_str()] {
            for path in ["/auth/logout", "/auth/refresh", "/auth/login", "/auth/register"] {
                send(Method::POST, path, authorization, from).await.expect_error(403, "FORBIDDEN");
            }
        }
    }
    app.page("/timeline", &login.session()).await.expect(200);
    app.refresh(&login.refresh_token()).await.expect(200);
    assert!(app.me(&token).await.json()["bio"].is_null());
}

#[tokio::test]
async fn a_password_that_a_proxy_asks_for_is_nothing_to_us() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let page = |path: &str, cookie: &str| {
        let request =
            app.request(Method::GET, path).header("accept", "text/html").header("authorization", "Basic eDp5");
        TestResponse::of(request.header("cookie", cookie))
    };
    for path in ["/timeline", "/profile", "/profile/ann", "/profile/ann/followers"] {
        page(path, &login.session()).await.expect(200);
    }
    page("/login", "").await.expect(200);
    let me = app.request(Method::GET, "/users/me").header("authorization", "Basic eDp5");
    TestResponse::of(me.header("cookie", login.session())).await.expect(200);
    TestResponse::of(app.request(Method::GET, "/users/me").header("authorization", "Basic eDp5")).await.expect(401);
    app.get("/profiles/ann").await.expect(200);
    let profile = app.request(Method::GET, "/profiles/ann").header("authorization", "Negotiate x");
    TestResponse::of(profile).await.expect(200);
    // A token that is not good is never taken for a visitor.
    for authorization in ["Bearer x.y.z", "bearer x", "Bearer", "Bearer "] {
        let profile = app.request(Method::GET, "/profiles/ann").header("authorization", authorization);
        TestResponse::of(profile.header("cookie", login.session())).await.expect(401);
    }
}
