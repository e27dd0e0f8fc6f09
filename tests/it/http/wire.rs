//! The HTTP protocol: accepted requests, and the common error shape from every layer.

use reqwest::Method;
use serde_json::json;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::response::TestResponse;

const JSON: &str = "application/json";

async fn send(app: &TestApp, content_type: &str, body: impl Into<Vec<u8>>) -> TestResponse {
    let request = app.request(Method::POST, "/auth/register").header("content-type", content_type);
    TestResponse::of(request.body(body.into())).await
}

#[tokio::test]
async fn bodies_that_are_not_json_objects_are_malformed() {
    let app = TestApp::start().await;
    let bodies: [&[u8]; 9] = [
        b"{",
        b"not json",
        b"[]",
        b"\"text\"",
        b"7",
        b"null",
        b"{\"email\":\"\xff\xfe\"}",
        b"{\"a\":1}}",
        b"\xef\xbb\xbf{}",
    ];
    for body in bodies {
        send(&app, JSON, body).await.expect_error(400, "MALFORMED_REQUEST");
    }
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    send(&app, JSON, deep).await.expect_error(400, "MALFORMED_REQUEST");
    assert_eq!(app.count("users").await, 0);
}

#[tokio::test]
async fn other_content_types_are_unsupported_and_parameters_of_json_are_accepted() {
    let app = TestApp::start().await;
    let body = json!({ "email": "ann@example.org", "username": "ann", "password": PASSWORD }).to_string();
    for content_type in
        ["text/plain", "application/xml", "multipart/form-data; boundary=x", "nonsense", "application/jsonp"]
    {
        send(&app, content_type, body.clone()).await.expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let untyped = app.request(Method::POST, "/auth/register").body(body.clone());
    TestResponse::of(untyped).await.expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
    assert_eq!(app.count("users").await, 0);
    send(&app, "Application/JSON; charset=utf-8", body).await.expect(201);
}

#[tokio::test]
async fn an_empty_body_is_treated_as_an_empty_object() {
    let app = TestApp::start().await;
    TestResponse::of(app.request(Method::POST, "/auth/register")).await.expect_error(422, "VALIDATION_FAILED");
    send(&app, JSON, "").await.expect_error(422, "VALIDATION_FAILED");
}

#[tokio::test]
async fn huge_bodies_are_rejected_with_or_without_a_content_length() {
    let app = TestApp::start().await;
    let huge = vec![b'x'; 10 * 1024 * 1024];
    for content_type in [JSON, "application/x-www-form-urlencoded"] {
        let request = app.request(Method::POST, "/auth/register").header("content-type", content_type);
        // The server responds before it has read everything, so the client may see a closed connection.
        if let Ok(response) = request.body(huge.clone()).send().await {
            assert_eq!(response.status(), 413, "{content_type}");
        }
        let chunks = futures::stream::iter((0..40).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 4096])));
        let request = app.request(Method::POST, "/auth/register").header("content-type", content_type);
        let response = TestResponse::of(request.body(reqwest::Body::wrap_stream(chunks))).await;
        response.expect_error(413, "PAYLOAD_TOO_LARGE");
    }
    assert_eq!(app.count("users").await, 0);
}

#[tokio::test]
async fn a_body_with_a_content_encoding_is_rejected() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    let post = |path: &str, coding: &str, content_type: &str, accept: &str| {
        let request = app.request(Method::POST, path).header("content-encoding", coding);
        TestResponse::of(request.header("content-type", content_type).header("accept", accept).body("{}"))
    };
    for coding in ["gzip", "br", "deflate", "identity, gzip", "nonsense"] {
        for content_type in ["application/json", "application/x-www-form-urlencoded"] {
            for accept in ["*/*", "text/html"] {
                let response = post("/auth/login", coding, content_type, accept).await;
                response.expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
                assert_eq!(response.header("accept-encoding"), "identity");
            }
        }
        let patch = app.request(Method::PATCH, "/users/me").bearer_auth(&token).header("content-encoding", coding);
        TestResponse::of(patch.json(&json!({ "bio": "b" }))).await.expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    post("/auth/login", "Identity", "application/json", "*/*").await.expect_error(422, "VALIDATION_FAILED");
}

#[tokio::test]
async fn messages_never_repeat_the_input() {
    let app = TestApp::start().await;
    let secret = "hunter2-very-secret";
    for password in [json!([secret]), json!({ "a": secret }), json!(secret.repeat(9))] {
        let response =
            app.post("/auth/register", json!({ "email": secret, "username": secret, "password": password })).await;
        response.expect_error(422, "VALIDATION_FAILED");
        assert!(!response.text.contains("hunter2"), "{}", response.text);
    }
    let response = app.post("/auth/register", json!({ "email": 31337, "username": "ann", "password": PASSWORD })).await;
    assert_eq!(response.json()["error"]["fields"], json!({ "email": ["Expected a string"] }));
}

#[tokio::test]
async fn unknown_routes_and_methods_return_the_common_error_shape() {
    let app = TestApp::start().await;
    for (method, path) in [
        (Method::GET, "/nothing/here"),
        (Method::POST, "/nothing/here"),
        (Method::GET, "/pkg/none.wasm"),
        (Method::GET, "/users/"),
        (Method::GET, "/../Cargo.toml"),
        (Method::GET, "/%2e%2e/%2e%2e/Cargo.toml"),
    ] {
        TestResponse::of(app.request(method, path)).await.expect_error(404, "NOT_FOUND");
    }
    for (method, path) in [
        (Method::GET, "/auth/register"),
        (Method::DELETE, "/auth/login"),
        (Method::POST, "/users/me"),
        (Method::POST, "/login"),
        (Method::PUT, "/health"),
    ] {
        let response = TestResponse::of(app.request(method, path)).await;
        response.expect_error(405, "METHOD_NOT_ALLOWED");
        assert!(!response.header("allow").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn secrets_in_the_query_are_ignored() {
    let app = TestApp::start().await;
    let path = "/auth/register?email=ann@example.org&username=ann&password=correct-horse-battery";
    TestResponse::of(app.request(Method::POST, path)).await.expect_error(422, "VALIDATION_FAILED");
}

#[tokio::test]
async fn every_response_has_a_request_id_and_a_safe_client_id_is_kept() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/health").await.header("x-request-id").len(), 36);
    let named = |id: &'static str| TestResponse::of(app.request(Method::GET, "/health").header("x-request-id", id));
    assert_eq!(named("abc-12345678").await.header("x-request-id"), "abc-12345678");
    assert_ne!(named("evil \"quote\" {}").await.header("x-request-id"), "evil \"quote\" {}");
}

#[tokio::test]
async fn head_responds_like_get_without_a_body() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    let response = TestResponse::of(app.request(Method::HEAD, "/users/me").bearer_auth(&token)).await.expect(200);
    assert_eq!((response.header("content-type"), response.text.as_str()), (JSON, ""));
}

#[tokio::test]
async fn errors_have_the_security_headers_too() {
    let app = TestApp::start().await;
    for path in ["/health", "/nothing", "/users/me", "/login"] {
        let response = app.get(path).await;
        assert_eq!(response.header("x-content-type-options"), "nosniff", "{path}");
        assert!(response.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(response.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn hsts_covers_this_host_and_its_subdomains_only_if_configured() {
    let https = ("PUBLIC_URL", "https://kith.example");
    for (variables, expected) in [
        (vec![], ""),
        (vec![("HSTS_INCLUDE_SUBDOMAINS", "on")], ""),
        (vec![https], "max-age=63072000"),
        (vec![https, ("HSTS_INCLUDE_SUBDOMAINS", "on")], "max-age=63072000; includeSubDomains"),
    ] {
        let app = TestApp::start_with(&variables).await;
        for path in ["/livez", "/login", "/nothing"] {
            assert_eq!(app.get(path).await.header("strict-transport-security"), expected, "{path}");
        }
    }
}

#[tokio::test]
async fn a_database_error_returns_500_without_details() {
    let app = TestApp::start().await;
    sqlx::query("DROP SCHEMA users CASCADE").execute(&app.pool).await.unwrap();
    let response = app.register("ann").await;
    response.expect_error(500, "INTERNAL");
    assert!(!response.text.contains("users.users"), "{}", response.text);
}

#[tokio::test]
async fn a_page_reports_an_outage_and_visitor_pages_still_work() {
    let app = TestApp::start().await;
    let login = app.signed_in("ann").await;
    sqlx::query("DROP SCHEMA users CASCADE").execute(&app.pool).await.unwrap();
    let page = app.page("/timeline", &login.session()).await.expect(503);
    assert!(
        page.text.contains("be back in a moment") && !page.text.contains("<script type=\"module\""),
        "{}",
        page.text
    );
    app.page("/login", "").await.expect(200);
}

#[tokio::test]
async fn values_that_the_database_cannot_store_are_client_errors() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    for path in ["/auth/login", "/auth/register", "/auth/resend-verification"] {
        let body = json!({ "email": "a\0@b.co", "username": "bob", "password": PASSWORD, "more": "\0" });
        app.post(path, body).await.expect_error(422, "VALIDATION_FAILED");
    }
    app.get("/profiles/a%00b").await.expect_error(404, "USER_NOT_FOUND");
    for path in ["/profile/a%00b", "/profile/a%00b/followers", "/profile/a%00b/following"] {
        app.page(path, "").await.expect(404);
    }
    // A plain form accepts any field names and values.
    let long = "n".repeat(10_000);
    for field in ["email", "unknown", "un\0known", &long] {
        let fields = [("_back", "/login"), ("password", PASSWORD), (field, "a\0@b.co")];
        let response = app.submit("/auth/login", &fields, "").await.expect(303);
        app.page("/login", &response.session()).await.expect(200);
    }
    let id = app.me(&token).await.json()["id"].as_str().unwrap().to_owned();
    let list = async |cursor: &str| {
        let path = format!("/users/{id}/followers?cursor={cursor}");
        TestResponse::of(app.request(Method::GET, &path).bearer_auth(&token)).await
    };
    // 9998 BC, a time long after PostgreSQL's last year, and one microsecond before 1970.
    for cursor in
        ["-zLC1Uu3AAAAAAAAAAAAAAAAAAAAAAAA", "f_________8AAAAAAAAAAAAAAAAAAAAA", "__________8AAAAAAAAAAAAAAAAAAAAA"]
    {
        list(cursor).await.expect_error(422, "VALIDATION_FAILED");
    }
    assert_eq!(list("").await.expect(200).json()["page"], 1);
}
