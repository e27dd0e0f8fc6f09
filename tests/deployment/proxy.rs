//! What passes through nginx, and what does not.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::deployment::{Deployment, client_at};
use crate::support::response::TestResponse;

#[tokio::test]
async fn user_infra_001_4_s1_health_through_nginx() {
    let deployment = Deployment::start().await;
    let answer = TestResponse::of(deployment.request(Method::GET, "/health")).await.expect(200);
    assert_eq!(answer.json(), json!({ "status": "ok" }));
}

#[tokio::test]
async fn the_log_names_the_real_client_and_the_id_that_nginx_gave() {
    let mut deployment = Deployment::start().await;
    let request = client_at(7).get(deployment.url("/users/me")).header("x-forwarded-for", "203.0.113.9");
    let answer = TestResponse::of(request.header("x-request-id", "made-up-by-the-client")).await.expect(401);
    // Each instance gets every second request.
    TestResponse::of(client_at(7).get(deployment.url("/users/me"))).await.expect(401);
    let ids: Vec<_> =
        deployment.instances.each_mut().map(|instance| instance.answered("127.0.0.7")["span"]["id"].clone()).into();
    assert!(ids.contains(&json!(answer.header("x-request-id"))), "{ids:?}");
    assert!(!ids.contains(&json!("made-up-by-the-client")), "{ids:?}");
}

#[tokio::test]
async fn rate_limits_tell_the_clients_behind_nginx_apart() {
    let deployment = Deployment::start().await;
    let sign_in = async |client: u8| {
        let body = json!({ "email": "ann@example.org", "password": "not the password" });
        let request = client_at(client).post(deployment.url("/auth/login")).json(&body);
        TestResponse::of(request.header("x-forwarded-for", "203.0.113.9")).await.status
    };
    // Both instances together.
    for _ in 0..10 {
        assert_eq!(sign_in(7).await, 401);
    }
    assert_eq!(sign_in(7).await, 429);
    assert_eq!(sign_in(8).await, 401);
}

#[tokio::test]
async fn a_picture_that_is_too_large_is_refused_in_the_services_words() {
    let deployment = Deployment::start().await;
    let (_, token) = deployment.signed_in("ann").await;
    let picture =
        deployment.request(Method::PUT, "/users/me/avatar").bearer_auth(&token).header("content-type", "image/png");
    TestResponse::of(picture.body(vec![0; 5 << 20])).await.expect_error(422, "AVATAR_TOO_LARGE");
    let elsewhere = deployment.request(Method::POST, "/auth/login").json(&"x".repeat(1 << 20));
    TestResponse::of(elsewhere).await.expect_error(413, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn metrics_are_not_for_those_before_nginx() {
    let deployment = Deployment::start().await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        TestResponse::of(deployment.request(method, "/metrics?x=1")).await.expect_error(404, "NOT_FOUND");
    }
    // As no client library would send it.
    for path in ["/metrics/", "/%6detrics", "//metrics", "/./metrics", "/users/../metrics", "/metrics/../metrics"] {
        let mut stream = TcpStream::connect(&deployment.nginx.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: kith.example\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
}

#[tokio::test]
async fn without_any_instance_the_answer_is_503_in_the_one_shape() {
    let mut deployment = Deployment::start().await;
    for instance in &mut deployment.instances {
        instance.process.child.kill().unwrap();
        instance.process.child.wait().unwrap();
    }
    for method in [Method::GET, Method::POST] {
        let answer = TestResponse::of(deployment.request(method, "/users/me")).await;
        answer.expect_error(503, "OVERLOADED");
        assert_eq!(answer.header("retry-after"), "5");
    }
}

/// The answer to bytes that no client library would send: its status, and the rest.
fn raw(deployment: &Deployment, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(&deployment.nginx.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("{answer}")), answer)
}

#[tokio::test]
async fn what_nginx_refuses_by_itself_looks_like_the_service_and_has_its_headers() {
    let mut deployment = Deployment::start().await;
    let own = deployment.request(Method::GET, "/users/me").send().await.unwrap();
    for instance in &mut deployment.instances {
        instance.process.child.kill().unwrap();
        instance.process.child.wait().unwrap();
    }
    let ask = |head: &str| format!("{head}\r\nHost: kith.example\r\nConnection: close\r\n\r\n").into_bytes();
    let long = "a".repeat(20_000);
    for (request, status, code) in [
        (b"\x16\x03\x01 no HTTP\r\n\r\n".to_vec(), 400, "MALFORMED_REQUEST"),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), 400, "MALFORMED_REQUEST"),
        (ask("GET /../.. HTTP/1.1"), 400, "MALFORMED_REQUEST"),
        (ask("POST / HTTP/1.1\r\nContent-Length: x"), 400, "MALFORMED_REQUEST"),
        (ask("POST / HTTP/1.1\r\nTransfer-Encoding: x"), 501, "MALFORMED_REQUEST"),
        (ask("GET / HTTP/3.1"), 505, "MALFORMED_REQUEST"),
        (ask("TRACE / HTTP/1.1"), 405, "METHOD_NOT_ALLOWED"),
        (ask("GET /metrics HTTP/1.1"), 404, "NOT_FOUND"),
        (ask("GET /nginx-error HTTP/1.1"), 404, "NOT_FOUND"),
        (ask("POST / HTTP/1.1\r\nContent-Length: 999999999"), 413, "PAYLOAD_TOO_LARGE"),
        (ask(&format!("GET /{long} HTTP/1.1")), 414, "PAYLOAD_TOO_LARGE"),
        (ask(&format!("GET / HTTP/1.1\r\nX-Long: {long}{long}")), 431, "PAYLOAD_TOO_LARGE"),
        (ask("GET / HTTP/1.1"), 503, "OVERLOADED"),
        (ask("POST /auth/login HTTP/1.1\r\nContent-Length: 0"), 503, "OVERLOADED"),
    ] {
        let (found, answer) = raw(&deployment, &request);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(found, status, "{answer}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"));
        assert_eq!(body["error"]["code"], code, "{answer}");
        assert!(!body["error"]["message"].as_str().unwrap().is_empty());
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            let values: Vec<_> =
                lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect();
            values.join(", ")
        };
        assert_eq!(header("content-type"), "application/json", "{answer}");
        assert_eq!(header("x-request-id").len(), 32, "{answer}");
        for name in [
            "cache-control",
            "content-security-policy",
            "referrer-policy",
            "x-content-type-options",
            "x-frame-options",
            "cross-origin-opener-policy",
            "permissions-policy",
        ] {
            assert_eq!(header(name), own.headers()[name].to_str().unwrap(), "{name}: {answer}");
        }
        assert_eq!(header("retry-after"), if status == 503 { "5" } else { "" }, "{answer}");
        assert!(!answer.contains("<html"), "{answer}");
    }
}
