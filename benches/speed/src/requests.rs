//! Requests as they go over the wire, so that sending them costs the client as little as possible.

use std::fmt::Write as _;

/// A request without a body.
pub fn request(method: &str, path: &str, header: Option<(&str, &str)>) -> String {
    let mut request = head(method, path, header);
    if method != "GET" {
        request.push_str("content-length: 0\r\n");
    }
    request + "\r\n"
}

/// A request with a JSON body.
pub fn with_json(method: &str, path: &str, header: Option<(&str, &str)>, body: &serde_json::Value) -> String {
    let (mut request, body) = (head(method, path, header), body.to_string());
    let _ = write!(request, "content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    request
}

fn head(method: &str, path: &str, header: Option<(&str, &str)>) -> String {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    if let Some((name, value)) = header {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head
}
