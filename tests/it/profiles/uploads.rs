//! Unacceptable bodies are rejected before they are sent, and endless ones are cut off.

use std::time::Duration;

use reqwest::{Body, Method};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::support::app::TestApp;
use crate::support::raw::Raw;
use crate::support::response::TestResponse;

const MB: usize = 1_000_000;
/// No upload may send this many bytes.
const CUT_OFF: usize = 110 * MB;
/// Content types that the service each reads differently.
const TYPES: [&str; 5] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "image/png",
    "multipart/form-data; boundary=x",
    "text/plain",
];

/// The method and path of every operation in `openapi.json` that changes something and requires a token.
async fn protected_routes(app: &TestApp) -> Vec<(String, String)> {
    let document = app.get("/openapi.json").await.expect(200).json();
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let schemes: Vec<_> = operation["security"].as_array().into_iter().flatten().collect();
            let is_protected = schemes.iter().any(|scheme| scheme.get("bearer").is_some())
                && !schemes.iter().any(|scheme| scheme.as_object().unwrap().is_empty());
            if is_protected && ["post", "put", "patch", "delete"].contains(&method.as_str()) {
                routes.push((method.to_uppercase(), path.replace("{id}", "0190163d-8694-739b-aea5-966c26f8ad91")));
            }
        }
    }
    assert!(routes.len() >= 6, "{routes:?}");
    routes
}

#[tokio::test]
async fn routes_that_require_a_token_reject_visitors_before_the_body() {
    let app = TestApp::start().await;
    for (method, path) in protected_routes(&app).await {
        for content_type in TYPES {
            for credentials in [
                "X: y",
                "Authorization: Bearer x.y.z",
                "Authorization: Basic eDp5",
                "Cookie: __Host-session=AAAAAAAAAAAAAAAAAAAAAA",
            ] {
                for expect in ["X: y", "Expect: 100-continue"] {
                    let first = format!("{method} {path}");
                    let content_type = format!("Content-Type: {content_type}");
                    let lines = [first.as_str(), &content_type, "Content-Length: 1000", credentials, expect];
                    let mut raw = Raw::begin(&app.origin, &lines).await;
                    let response = timeout(Duration::from_secs(10), raw.response()).await;
                    let (status, _, body) = response.unwrap_or_else(|_| panic!("no response: {lines:?}"));
                    assert_eq!(status, 401, "{lines:?}: {body}");
                    assert!(body.contains("UNAUTHENTICATED"), "{body}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_plain_form_without_a_session_is_redirected_before_its_upload() {
    let app = TestApp::start().await;
    let lines = [
        "POST /users/me/avatar?_method=PUT&_back=/profile",
        "Accept: text/html",
        "Content-Type: multipart/form-data; boundary=x",
        "Content-Length: 1000000",
        "Expect: 100-continue",
    ];
    let (status, head, _) = Raw::begin(&app.origin, &lines).await.response().await;
    assert_eq!(status, 303, "{head}");
    assert!(head.contains("location: /profile\r\n"), "{head}");
}

#[tokio::test]
async fn continue_is_sent_only_for_an_acceptable_picture() {
    let app = TestApp::start().await;
    let token = format!("Authorization: Bearer {}", app.signed_in("ann").await.access_token());
    let begin = async |length: usize, content_type: &str, encoding: &str| {
        let (length, content_type) = (format!("Content-Length: {length}"), format!("Content-Type: {content_type}"));
        let lines = ["PUT /users/me/avatar", &token, &length, &content_type, encoding, "Expect: 100-continue"];
        Raw::begin(&app.origin, &lines).await
    };
    let mut acceptable = begin(4, "image/png", "X: y").await;
    assert_eq!(acceptable.response().await.0, 100);
    acceptable.send("none").await;
    assert_eq!(acceptable.response().await.0, 422);
    assert_eq!(begin(80 * MB, "image/png", "X: y").await.response().await.0, 422);
    assert_eq!(begin(80 * MB, "multipart/form-data; boundary=x", "X: y").await.response().await.0, 422);
    assert_eq!(begin(100, "multipart/form-data", "X: y").await.response().await.0, 400);
    assert_eq!(begin(100, "text/plain", "X: y").await.response().await.0, 415);
    assert_eq!(begin(100, "image/png", "Content-Encoding: gzip").await.response().await.0, 415);
    // With two uploads in progress, a third is rejected.
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut raw = begin(100, "image/png", "X: y").await;
        assert_eq!(raw.response().await.0, 100);
        held.push(raw);
    }
    let (status, headers, _) = begin(100, "image/png", "X: y").await.response().await;
    assert_eq!(status, 429);
    assert!(headers.contains("retry-after: "), "{headers}");
    drop(held);
    for _ in 0..40 {
        let mut raw = begin(4, "image/png", "X: y").await;
        if raw.response().await.0 == 429 {
            return;
        }
        raw.send("none").await;
        raw.response().await;
    }
    panic!("pictures are not limited");
}

/// Sends `chunk` repeatedly until the service closes the connection. Returns the status and body of the response, and
/// the number of bytes sent.
async fn send_endlessly(app: &TestApp, lines: &[&str], first: &str, chunk: &[u8]) -> (u16, String, usize) {
    let mut raw = Raw::begin(&app.origin, lines).await;
    raw.send(format!("{:x}\r\n{first}\r\n", first.len())).await;
    let framed = [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
    let mut sent = 0;
    let Raw { mut reader, mut writer } = raw;
    // Read the response while sending: it may be lost once the connection is closed.
    let response = tokio::spawn(async move { reader.response().await });
    while sent < CUT_OFF && writer.write_all(&framed).await.is_ok() {
        sent += framed.len();
    }
    let (status, _, body) = response.await.unwrap();
    (status, body, sent)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_upload_is_cut_off_whatever_its_format() {
    let app = TestApp::start().await;
    let token = format!("Authorization: Bearer {}", app.signed_in("ann").await.access_token());
    let part = "--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n\r\n".repeat(1_000);
    for (content_type, first, chunk) in [
        // No boundary, the header of a part, a part, many parts, data after the last part, and no multipart at all.
        ("multipart/form-data; boundary=x", "nothing", vec![b'a'; 65_536]),
        ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: ", vec![b'a'; 65_536]),
        (
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=\"y\"\r\n\r\n",
            vec![b'a'; 65_536],
        ),
        ("multipart/form-data; boundary=x", "\r\n", part.into_bytes()),
        ("multipart/form-data; boundary=x", "--x--\r\n", vec![b'a'; 65_536]),
        ("image/jpeg", "\u{fffd}", vec![0; 65_536]),
    ] {
        let content_type = format!("Content-Type: {content_type}");
        for (credentials, expected) in [(token.as_str(), (422, "AVATAR_TOO_LARGE")), ("X: y", (401, "UNAUTHENTICATED"))]
        {
            let lines = ["PUT /users/me/avatar", credentials, &content_type, "Transfer-Encoding: chunked"];
            let (status, body, sent) = send_endlessly(&app, &lines, first, &chunk).await;
            assert!(sent < CUT_OFF, "{first:?} is not cut off");
            assert_eq!(status, expected.0, "{first:?}: {body}");
            assert!(body.contains(expected.1), "{body}");
        }
    }
    let response = TestResponse::of(app.request(Method::GET, "/users/me").header("authorization", &token[15..])).await;
    response.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_80_mb_before_reading_still_gets_the_response() {
    let app = TestApp::start().await;
    let token = format!("Authorization: Bearer {}", app.signed_in("ann").await.access_token());
    for (credentials, path, content_type, expected) in [
        ("X: y", "PUT /users/me/avatar", "image/png", 401),
        (token.as_str(), "PUT /users/me/avatar", "image/png", 422),
        (&token, "PUT /users/me/avatar", "multipart/form-data; boundary=x", 422),
        (&token, "PATCH /users/me", "application/json", 413),
        ("X: y", "POST /auth/login", "application/x-www-form-urlencoded", 413),
        ("X: y", "POST /nowhere", "text/plain", 404),
    ] {
        let content_type = format!("Content-Type: {content_type}");
        let lines = [path, credentials, &content_type, "Content-Length: 80000000"];
        let mut raw = Raw::begin(&app.origin, &lines).await;
        let megabyte = vec![b'a'; MB];
        for _ in 0..80 {
            raw.send(&megabyte).await;
        }
        let (status, head, _) = raw.response().await;
        assert_eq!(status, expected, "{path}");
        assert!(head.contains("connection: close"), "{head}");
        raw.closed().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_but_steady_upload_succeeds() {
    let app = TestApp::start().await;
    let token = app.signed_in("ann").await.access_token();
    let picture = {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbImage::from_pixel(64, 64, image::Rgb([1, 2, 3]))
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        bytes.into_inner()
    };
    let pieces: Vec<Vec<u8>> = picture.chunks(picture.len().div_ceil(8)).map(<[u8]>::to_vec).collect();
    let stream = futures::stream::unfold(pieces.into_iter(), async |mut pieces| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        pieces.next().map(|piece| (Ok::<_, std::io::Error>(piece), pieces))
    });
    let request = app.request(Method::PUT, "/users/me/avatar").bearer_auth(&token).header("content-type", "image/png");
    let response =
        TestResponse::of(request.timeout(Duration::from_mins(1)).body(Body::wrap_stream(stream))).await.expect(200);
    assert!(response.json()["avatar_url"].is_string());
}
