//! The language and the colors of a page, and the language of the responses to its calls and forms.

use axum::extract::Request;
use axum::response::Response;
use http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, Uri};

use crate::rest::language::LANGUAGE_HEADER;
use crate::rest::server::media_type::accepts_html;
use crate::rest::server::mount;
use crate::server::http::endpoints::preferences;
use crate::text::language::Language;

/// Adds the language and the theme to the request's extensions. A page has the language that was chosen in this browser,
/// or else that of the account (`pages`), or else the one that the browser asks for. Operations speak English, unless a
/// page calls them or posts its form.
pub fn find_preferences(mut request: Request) -> Request {
    let (language, theme) = (language_of(&request), preferences::theme(request.headers()));
    request.extensions_mut().insert(language);
    request.extensions_mut().insert(theme);
    request
}

/// Tells caches what a page depends on.
pub fn vary_pages(mut response: Response) -> Response {
    let headers = response.headers_mut();
    if headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html")) {
        headers.append(VARY, HeaderValue::from_static("accept-language, cookie"));
    }
    response
}

fn language_of(request: &Request) -> Language {
    let headers = request.headers();
    if let Some(called) = headers.get(LANGUAGE_HEADER) {
        return called.to_str().ok().and_then(Language::parse).unwrap_or_default();
    }
    let is_operation = mount::template(request.uri().path()).is_some() && !accepts_html(headers);
    if is_operation { Language::default() } else { of_page(request.uri(), headers) }
}

/// The address of a page can name a language, for search engines (`app/search_engines.rs`).
fn of_page(uri: &Uri, headers: &HeaderMap) -> Language {
    let mut query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let named = query.find(|(name, _)| name == "lang").and_then(|(_, tag)| Language::parse(&tag));
    let accept = || headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    named.or_else(|| preferences::language(headers)).unwrap_or_else(|| Language::preferred(accept()))
}
