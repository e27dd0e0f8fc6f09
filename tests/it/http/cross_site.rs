//! Requests that another site causes a browser to send.

use reqwest::Method;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::response::TestResponse;

#[tokio::test]
async fn a_form_post_from_another_site_is_rejected() {
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
async fn sign_in_from_another_site_is_rejected() {
    let app = TestApp::start().await;
    app.register("ann").await.expect(201);
    app.verify("ann").await;
    let body = json!({ "email": "ann@example.org", "password": PASSWORD });
    let request = app.request(Method::POST, "/auth/login").json(&body).header("sec-fetch-site", "cross-site");
    let response = TestResponse::of(request).await;
    response.expect_error(403, "FORBIDDEN");
    assert!(response.cookies().is_empty());
}

#[tokio::test]
async fn same_origin_pages_and_other_services_are_accepted() {
    let app = TestApp::start().await;
    for (header, value) in [
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-site", "none"),
        ("origin", app.origin.as_str()),
        // A service sends no browser headers.
        ("accept", "*/*"),
    ] {
        let request = app.request(Method::POST, "/auth/logout").header(header, value);
        TestResponse::of(request).await.expect(204);
    }
    // Browsers do not send a Bearer token automatically.
    let token = app.signed_in("ann").await.access_token();
    let request = app.request(Method::PATCH, "/users/me").bearer_auth(token).header("origin", "https://app.example");
    TestResponse::of(request.json(&json!({ "bio": "from elsewhere" }))).await.expect(200);
}

#[tokio::test]
async fn no_authorization_header_lets_another_site_use_the_cookies() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    let token = login.access_token();
    let good = format!("Bearer {token}");
    let cookies = format!("{}; refresh_token={}", login.session(), login.refresh_token());
    let origin = app.origin.clone();
    let (https, other_port) = (origin.replace("http://", "https://"), format!("{origin}0"));
    let cross_site = [
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
    for header in cross_site {
        for authorization in ["Basic eDp5", "Digest username=\"x\"", "Bearer x.y.z", "Bearer", "x", &format!("x{good}")]
        {
            for (method, path) in [(Method::PATCH, "/users/me"), (Method::DELETE, "/users/me/avatar")] {
                send(method, path, authorization, header).await.expect_error(403, "FORBIDDEN");
            }
        }
        // Routes that identify their caller by cookies never accept other sites.
        for authorization in ["Basic eDp5", good.as_str()] {
            for path in ["/auth/logout", "/auth/refresh", "/auth/login", "/auth/register"] {
                send(Method::POST, path, authorization, header).await.expect_error(403, "FORBIDDEN");
            }
        }
    }
    app.page("/timeline", &login.session()).await.expect(200);
    app.refresh(&login.refresh_token()).await.expect(200);
    assert!(app.me(&token).await.json()["bio"].is_null());
}

#[tokio::test]
async fn basic_credentials_for_a_proxy_are_ignored() {
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
    // An invalid token is never treated as a visitor.
    for authorization in ["Bearer x.y.z", "bearer x", "Bearer", "Bearer "] {
        let profile = app.request(Method::GET, "/profiles/ann").header("authorization", authorization);
        TestResponse::of(profile.header("cookie", login.session())).await.expect(401);
    }
}
