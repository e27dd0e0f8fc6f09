//! The media types that requests contain and accept.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};

/// The encoding of plain HTML forms.
pub const FORM: &str = "application/x-www-form-urlencoded";
/// The encoding of plain HTML forms that send a file.
pub const MULTIPART: &str = "multipart/form-data";

/// Returns the media type in lowercase, without parameters.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Returns whether the client is a browser that will show the response as a page.
pub fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")))
}
