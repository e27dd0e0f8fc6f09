//! Protects against cross-site request forgery.

use axum::extract::Request;
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use crate::api::request::caller::bearer;
use crate::model::error::{ApiError, ErrorCode};
use crate::rest::verb::BY_COOKIES;
use crate::server::run::state::AppState;
use crate::text::error_responses;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Rejects cross-site requests that change state and are authenticated by cookies. A request with neither header does
/// not come from a browser, because browsers send at least one of them (OWASP CSRF Prevention, Fetch Metadata). A valid
/// Bearer token is stronger proof: no site can make a browser send one.
pub fn require_same_origin(state: &AppState, request: &Request) -> Result<(), ApiError> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_same_origin(request.headers(), &state.public_url) || is_authenticated_by_token(state, request) {
        Ok(())
    } else {
        tracing::warn!("cross-site request rejected");
        Err(ApiError::new(ErrorCode::Forbidden, error_responses::cross_site()))
    }
}

/// Routes below `/auth/` set cookies, whatever the token, so it does not count there.
fn is_authenticated_by_token(state: &AppState, request: &Request) -> bool {
    let token = bearer(request.headers()).filter(|_| !request.uri().path().starts_with(BY_COOKIES));
    let context = &state.context;
    token.is_some_and(|token| context.token_keys.verify(token, context.database.now()).is_ok())
}

/// Returns whether a request comes from this site, from no site, or from no browser.
pub fn is_same_origin(headers: &HeaderMap, public_url: &Url) -> bool {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    match (text(SEC_FETCH_SITE), text(ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let Ok(origin) = Url::parse(origin) else { return false };
            // The requested host may be another name of this service. The scheme is the same.
            let requested = text(HOST).and_then(|host| Url::parse(&format!("{}://{host}", public_url.scheme())).ok());
            let is_same = |own: &Url| origin.origin().is_tuple() && origin.origin() == own.origin();
            is_same(public_url) || requested.as_ref().is_some_and(is_same)
        }
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_by_scheme_host_and_port() {
        let is_same = |public_url: &str, host: &'static str, origin: &'static str| {
            let headers = [(HOST, host), (ORIGIN, origin)].map(|(name, value)| (name, HeaderValue::from_static(value)));
            is_same_origin(&HeaderMap::from_iter(headers), &Url::parse(public_url).unwrap())
        };
        let kith = |host, origin| is_same("https://kith.example", host, origin);
        assert!(kith("kith.example", "https://kith.example"));
        assert!(kith("KITH.example:443", "https://kith.example"));
        assert!(kith("10.0.0.2:3000", "https://kith.example"));
        assert!(kith("other.example", "https://other.example"));
        assert!(is_same("http://localhost:3000", "127.0.0.1:3000", "http://127.0.0.1:3000"));
        for origin in [
            "http://kith.example",
            "https://kith.example:8443",
            "http://kith.example:443",
            "https://kith.example.evil.example",
            "https://evil.example",
            "null",
            "",
            "file://kith.example",
            "kith.example",
        ] {
            assert!(!kith("kith.example", origin), "{origin}");
        }
        assert!(!is_same("http://localhost:3000", "127.0.0.1:3000", "http://127.0.0.1:3001"));
    }
}
