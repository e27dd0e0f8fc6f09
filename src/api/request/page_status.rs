//! The HTTP status of a page that shows an operation's error.

use http::StatusCode;
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
