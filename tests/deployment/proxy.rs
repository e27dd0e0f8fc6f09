//! Requests that pass through nginx, and requests that it rejects.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::deployment::{Deployment, client_at};
use crate::support::response::TestResponse;

#[tokio::test]
async fn user_infra_001_4_s1_health_is_ok_through_nginx() {
    let deployment = Deployment::start().await;
    let response = TestResponse::of(deployment.request(Method::GET, "/health")).await.expect(200);
    assert_eq!(response.json(), json!({ "status": "ok" }));
}

#[tokio::test]
async fn the_log_contains_the_real_client_and_the_request_id_from_nginx() {
    let mut deployment = Deployment::start().await;
    let request = client_at(7).get(deployment.url("/users/me")).header("x-forwarded-for", "203.0.113.9");
    let response = TestResponse::of(request.header("x-request-id", "made-up-by-the-client")).await.expect(401);
    // nginx alternates between the instances.
    TestResponse::of(client_at(7).get(deployment.url("/users/me"))).await.expect(401);
    let ids: Vec<_> =
        deployment.instances.each_mut().map(|instance| instance.request_log("127.0.0.7")["span"]["id"].clone()).into();
    assert!(ids.contains(&json!(response.header("x-request-id"))), "{ids:?}");
    assert!(!ids.contains(&json!("made-up-by-the-client")), "{ids:?}");
}

#[tokio::test]
async fn rate_limits_distinguish_the_clients_behind_nginx() {
    let deployment = Deployment::start().await;
    let sign_in = async |client: u8| {
        let body = json!({ "email": "ann@example.org", "password": "not the password" });
        let request = client_at(client).post(deployment.url("/auth/login")).json(&body);
        TestResponse::of(request.header("x-forwarded-for", "203.0.113.9")).await.status
    };
    // The instances share the limit.
    for _ in 0..10 {
        assert_eq!(sign_in(7).await, 401);
    }
    assert_eq!(sign_in(7).await, 429);
    assert_eq!(sign_in(8).await, 401);
}

#[tokio::test]
async fn the_service_itself_rejects_a_picture_that_is_too_large() {
    let deployment = Deployment::start().await;
    let (_, token) = deployment.register_and_sign_in("ann").await;
    let picture =
        deployment.request(Method::PUT, "/users/me/avatar").bearer_auth(&token).header("content-type", "image/png");
    TestResponse::of(picture.body(vec![0; 5 << 20])).await.expect_error(422, "AVATAR_TOO_LARGE");
    let elsewhere = deployment.request(Method::POST, "/auth/login").json(&"x".repeat(1 << 20));
    TestResponse::of(elsewhere).await.expect_error(413, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn metrics_are_not_available_through_nginx() {
    let deployment = Deployment::start().await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        TestResponse::of(deployment.request(method, "/metrics?x=1")).await.expect_error(404, "NOT_FOUND");
    }
    // Paths that no client library would send.
    for path in ["/metrics/", "/%6detrics", "//metrics", "/./metrics", "/users/../metrics", "/metrics/../metrics"] {
        let mut stream = TcpStream::connect(&deployment.nginx.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: kith.example\r\nConnection: close\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 404 "), "{path}: {response}");
    }
}

#[tokio::test]
async fn without_any_instance_the_response_is_503_in_the_services_error_shape() {
    let mut deployment = Deployment::start().await;
    for instance in &mut deployment.instances {
        instance.process.child.kill().unwrap();
        instance.process.child.wait().unwrap();
    }
    for method in [Method::GET, Method::POST] {
        let response = TestResponse::of(deployment.request(method, "/users/me")).await;
        response.expect_error(503, "OVERLOADED");
        assert_eq!(response.header("retry-after"), "5");
    }
}

/// Sends bytes that no client library would send; returns the status and the whole response.
fn raw(deployment: &Deployment, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(&deployment.nginx.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let status = response.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("{response}")), response)
}

#[tokio::test]
async fn errors_from_nginx_have_the_services_shape_and_headers() {
    let mut deployment = Deployment::start().await;
    let from_service = deployment.request(Method::GET, "/users/me").send().await.unwrap();
    for instance in &mut deployment.instances {
        instance.process.child.kill().unwrap();
        instance.process.child.wait().unwrap();
    }
    let complete = |head: &str| format!("{head}\r\nHost: kith.example\r\nConnection: close\r\n\r\n").into_bytes();
    let long = "a".repeat(20_000);
    for (request, status, code) in [
        (b"\x16\x03\x01 no HTTP\r\n\r\n".to_vec(), 400, "MALFORMED_REQUEST"),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), 400, "MALFORMED_REQUEST"),
        (complete("GET /../.. HTTP/1.1"), 400, "MALFORMED_REQUEST"),
        (complete("POST / HTTP/1.1\r\nContent-Length: x"), 400, "MALFORMED_REQUEST"),
        (complete("POST / HTTP/1.1\r\nTransfer-Encoding: x"), 501, "MALFORMED_REQUEST"),
        (complete("GET / HTTP/3.1"), 505, "MALFORMED_REQUEST"),
        (complete("TRACE / HTTP/1.1"), 405, "METHOD_NOT_ALLOWED"),
        (complete("GET /metrics HTTP/1.1"), 404, "NOT_FOUND"),
        (complete("GET /nginx-error HTTP/1.1"), 404, "NOT_FOUND"),
        (complete("POST / HTTP/1.1\r\nContent-Length: 999999999"), 413, "PAYLOAD_TOO_LARGE"),
        (complete(&format!("GET /{long} HTTP/1.1")), 414, "PAYLOAD_TOO_LARGE"),
        (complete(&format!("GET / HTTP/1.1\r\nX-Long: {long}{long}")), 431, "PAYLOAD_TOO_LARGE"),
        (complete("GET / HTTP/1.1"), 503, "OVERLOADED"),
        (complete("POST /auth/login HTTP/1.1\r\nContent-Length: 0"), 503, "OVERLOADED"),
    ] {
        let (found, response) = raw(&deployment, &request);
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        assert_eq!(found, status, "{response}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {response}"));
        assert_eq!(body["error"]["code"], code, "{response}");
        assert!(!body["error"]["message"].as_str().unwrap().is_empty());
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            let values: Vec<_> =
                lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect();
            values.join(", ")
        };
        assert_eq!(header("content-type"), "application/json", "{response}");
        assert_eq!(header("x-request-id").len(), 32, "{response}");
        for name in [
            "cache-control",
            "content-security-policy",
            "referrer-policy",
            "x-content-type-options",
            "x-frame-options",
            "cross-origin-opener-policy",
            "permissions-policy",
        ] {
            assert_eq!(header(name), from_service.headers()[name].to_str().unwrap(), "{name}: {response}");
        }
        assert_eq!(header("retry-after"), if status == 503 { "5" } else { "" }, "{response}");
        assert!(!response.contains("<html"), "{response}");
    }
}
