//! A redirect in place of a page, on the server.

use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;

/// Responds with a redirect to `path` in place of this page: 302, since the path may belong to another page later.
pub fn redirect(path: &str) {
    let response: ResponseOptions = expect_context();
    if let Ok(location) = HeaderValue::from_str(path) {
        response.insert_header(LOCATION, location);
        response.set_status(StatusCode::FOUND);
    }
}
