//! Headers that every response carries, errors included (OWASP Secure Headers).

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Uri};

use crate::server::run::state::AppState;

/// Fills in what the response does not say itself. Answers are not cached unless they say so: most
/// are about a person.
pub async fn add_headers(State(security): State<Option<HeaderValue>>, request: Request, next: Next) -> Response {
    // What stands in the address of a page with a token is told to no one, the service's own logs included.
    let referrer = if has_token(request.uri()) { "no-referrer" } else { "same-origin" };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut default = |name: HeaderName, value: &'static str| {
        set_default(headers, name, HeaderValue::from_static(value));
    };
    default(CACHE_CONTROL, "no-store");
    default(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    default(REFERRER_POLICY, referrer);
    default(X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(X_FRAME_OPTIONS, "DENY");
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()");
    if let Some(security) = security {
        set_default(headers, STRICT_TRANSPORT_SECURITY, security);
    }
    response
}

/// Whether the address carries a one-time token, as links in mails do.
fn has_token(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("token=")))
}

/// What `Strict-Transport-Security` says where people see https, for two years. It speaks for other sites, below
/// the same host, only where the operator says so.
pub fn transport_security(state: &AppState) -> Option<HeaderValue> {
    let value = if state.hsts_include_subdomains { "max-age=63072000; includeSubDomains" } else { "max-age=63072000" };
    (state.public_url.scheme() == "https").then(|| HeaderValue::from_static(value))
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}

/// The policy of a page: scripts only with its nonce, everything else only from here. Compiling
/// wasm needs a word of its own, which allows no JavaScript. Pictures come from here too: one that is kept
/// elsewhere would tell its host the address of everyone who looks at a profile.
pub fn page_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' blob: data:; connect-src 'self'; manifest-src 'self'; font-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}
