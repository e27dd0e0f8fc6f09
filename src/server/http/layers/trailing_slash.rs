//! Redirects page paths with trailing slashes.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::{Method, Uri};

use crate::app::routes::find;

/// Redirects (308) to the page, if the path without trailing slashes is that of a page.
pub async fn redirect(request: Request, next: Next) -> Response {
    let target = matches!(*request.method(), Method::GET | Method::HEAD).then(|| page_at(request.uri())).flatten();
    match target {
        Some(target) => Redirect::permanent(&target).into_response(),
        None => next.run(request).await,
    }
}

/// The path and query of the page. A path that begins with two slashes would name a host, and never matches a page.
fn page_at(uri: &Uri) -> Option<String> {
    let page = uri.path().strip_suffix('/')?.trim_end_matches('/');
    find(page).filter(|_| !page.is_empty())?;
    Some(uri.query().map_or_else(|| page.to_owned(), |query| format!("{page}?{query}")))
}
