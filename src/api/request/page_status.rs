//! The HTTP status of a page: of the error that it shows, or of a redirect.

use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;

use crate::model::error::ApiError;
use crate::rest::error::status;

/// Gives the page that shows this error the status that the operation itself would respond with.
pub fn set_page_status(error: &ApiError) {
    if let Ok(status) = StatusCode::from_u16(status(error.code)) {
        expect_context::<ResponseOptions>().set_status(status);
    }
}

/// Redirects from this page with 302: the path may belong to another page later.
pub fn redirect(path: &str) {
    let response: ResponseOptions = expect_context();
    if let Ok(location) = HeaderValue::from_str(path) {
        response.insert_header(LOCATION, location);
        response.set_status(StatusCode::FOUND);
    }
}
