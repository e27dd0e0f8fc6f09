//! Cleans up the `Cookie` header, and makes `Set-Cookie` acceptable to browsers.

use axum::extract::Request;
use axum::response::Response;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

/// Drops cookies that are not visible ASCII. They belong to other applications on the same host and must not hide ours:
/// most parsers discard a whole header that is not text.
pub fn drop_unreadable(mut request: Request) -> Request {
    drop_unreadable_in(request.headers_mut());
    request
}

/// Browsers accept a cookie whose name begins with `__Host-` only with `Secure`, even to delete it (RFC 6265bis,
/// section 4.1.3.2). `tower-sessions` deletes cookies without it, so it is added here.
pub fn secure_cookies(mut response: Response) -> Response {
    for cookie in response.headers_mut().iter_mut().filter_map(|(name, value)| (name == SET_COOKIE).then_some(value)) {
        let text = cookie.to_str().unwrap_or_default();
        if text.starts_with("__Host-")
            && !text.split("; ").any(|attribute| attribute == "Secure")
            && let Ok(secure) = HeaderValue::from_str(&format!("{text}; Secure"))
        {
            *cookie = secure;
        }
    }
    response
}

fn drop_unreadable_in(headers: &mut HeaderMap) {
    if headers.get_all(COOKIE).into_iter().all(|header| header.to_str().is_ok()) {
        return;
    }
    let pairs = headers.get_all(COOKIE).into_iter().flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    let readable = pairs.map(<[u8]>::trim_ascii).filter(|pair| pair.iter().all(|byte| matches!(byte, b' '..=b'~')));
    let header = HeaderValue::from_bytes(&readable.collect::<Vec<_>>().join(b"; ".as_slice()));
    headers.remove(COOKIE);
    if let Ok(header) = header {
        headers.insert(COOKIE, header);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_is_not_text_is_dropped_and_the_others_are_kept() {
        let mut headers = HeaderMap::new();
        for header in [b"a=1; name=Jos\xc3\xa9;b=2".as_slice(), b"c=3", b"Jos\xe9", b"d=\xff; e = 5 "] {
            headers.append(COOKIE, HeaderValue::from_bytes(header).unwrap());
        }
        drop_unreadable_in(&mut headers);
        assert_eq!(headers.get_all(COOKIE).iter().collect::<Vec<_>>(), ["a=1; b=2; c=3; e = 5"]);
    }
}
