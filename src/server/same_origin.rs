//! Defence against cross-site request forgery.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderMap, Method};
use url::Url;

use crate::rest::error::{ApiError, ErrorCode};

/// Refuses requests that change state, are let in by cookies and come from another site. Requests
/// with a Bearer token use no cookies; those with neither header come from no browser, since
/// browsers send at least one of them (OWASP CSRF Prevention, Fetch Metadata).
pub async fn require_same_origin(State(public_url): State<Url>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let headers = request.headers();
    if safe || headers.contains_key(AUTHORIZATION) || is_same_origin(headers, &public_url) {
        next.run(request).await
    } else {
        tracing::warn!("cross-site request refused");
        ApiError::new(ErrorCode::Forbidden, "This request came from another site").into_response()
    }
}

fn is_same_origin(headers: &HeaderMap, public_url: &Url) -> bool {
    let text = |name| headers.get(name).map(|value: &http::HeaderValue| value.to_str().unwrap_or_default());
    match (text(http::HeaderName::from_static("sec-fetch-site")), text(ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let Ok(origin) = Url::parse(origin) else { return false };
            origin.origin() == public_url.origin()
                || text(HOST).is_some_and(|host| origin.authority().eq_ignore_ascii_case(host))
        }
        (None, None) => true,
    }
}
