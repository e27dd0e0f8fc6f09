//! The media types that requests have and accept.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};

/// How plain forms encode their fields.
pub const FORM: &str = "application/x-www-form-urlencoded";
/// How they do where they send a file.
pub const MULTIPART: &str = "multipart/form-data";

/// The media type in lower case, without parameters.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Whether the sender is a browser that will show the answer to a person.
pub fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")))
}
