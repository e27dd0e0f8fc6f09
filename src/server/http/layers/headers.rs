//! Adds security headers to every response, including errors (OWASP Secure Headers).

use std::sync::LazyLock;

use axum::extract::Request;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Uri};

use crate::server::run::state::AppState;

/// Where the scripts, styles and texts of pages are.
const FILES: [&str; 2] = ["/pkg/", "/texts/"];

/// Adds the headers that the response does not set itself. Responses are not cached by default, because most contain
/// personal data. Those that a browser obeys only in documents are left out of files, which every first visit loads.
pub fn add_headers(security: Option<&HeaderValue>, request: &Request) -> impl FnOnce(Response) -> Response + use<> {
    // The URL of a page with a token must not leak anywhere, not even into the service's own logs.
    let referrer = if has_token(request.uri()) { "no-referrer" } else { "same-origin" };
    let is_file = FILES.iter().any(|folder| request.uri().path().starts_with(folder));
    let security = security.cloned();
    move |mut response| {
        let is_document = !is_file || !response.status().is_success();
        let headers = response.headers_mut();
        let mut default = |name: HeaderName, value: &'static str| {
            set_default(headers, name, HeaderValue::from_static(value));
        };
        default(CACHE_CONTROL, "no-store");
        default(X_CONTENT_TYPE_OPTIONS, "nosniff");
        if is_document {
            default(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
            default(REFERRER_POLICY, referrer);
            default(X_FRAME_OPTIONS, "DENY");
            default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
            let permissions = "camera=(), geolocation=(), microphone=(), payment=()";
            default(HeaderName::from_static("permissions-policy"), permissions);
        }
        if let Some(security) = security {
            set_default(headers, STRICT_TRANSPORT_SECURITY, security);
        }
        response
    }
}

/// Returns whether the URL contains a one-time token, like links in emails.
fn has_token(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("token=")))
}

/// The value of `Strict-Transport-Security`, for two years, if the public URL is https. It includes
/// subdomains, which may be other sites, only if the operator enables this.
pub fn transport_security(state: &AppState) -> Option<HeaderValue> {
    let value = if state.hsts_include_subdomains { "max-age=63072000; includeSubDomains" } else { "max-age=63072000" };
    (state.public_url.scheme() == "https").then(|| HeaderValue::from_static(value))
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}

/// The source in `connect-src` of the WebSocket that reloads pages in `make watch`. It has a separate port. Empty
/// otherwise.
static RELOAD_SOURCE: LazyLock<&str> =
    LazyLock::new(|| if std::env::var_os("LEPTOS_WATCH").is_some() { " ws:" } else { "" });

/// The content security policy of a page: scripts only with its nonce, everything else only from this origin. Compiling
/// wasm needs a separate keyword, which does not allow JavaScript. Pictures come from this origin, too: another host
/// would learn the IP address of everyone who views a profile.
pub fn page_policy(nonce: &str) -> String {
    let reload = *RELOAD_SOURCE;
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' blob: data:; connect-src 'self'{reload}; manifest-src 'self'; font-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_connects_only_to_its_own_origin_outside_of_make_watch() {
        let policy = page_policy("n");
        assert!(policy.contains("connect-src 'self'; ") && policy.contains("script-src 'nonce-n' "), "{policy}");
    }
}
