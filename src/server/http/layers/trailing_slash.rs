//! Pages at a path with a slash too many.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::{Method, Uri};

use crate::app::routes::find;

/// 308 to the page, where a path names one but for slashes at its end.
pub async fn redirect(request: Request, next: Next) -> Response {
    let target = matches!(*request.method(), Method::GET | Method::HEAD).then(|| page_at(request.uri())).flatten();
    match target {
        Some(target) => Redirect::permanent(&target).into_response(),
        None => next.run(request).await,
    }
}

/// The page's path and query. A path that begins with two slashes would name a host, and is no page's.
fn page_at(uri: &Uri) -> Option<String> {
    let page = uri.path().strip_suffix('/')?.trim_end_matches('/');
    find(page).filter(|_| !page.is_empty())?;
    Some(uri.query().map_or_else(|| page.to_owned(), |query| format!("{page}?{query}")))
}
