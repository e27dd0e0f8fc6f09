//! The status of a page that is rendered with what an operation reads.

use http::StatusCode;
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;

use crate::model::error::ApiError;
use crate::rest::error::status;

/// Lets the page that shows this error have its status, as the operation's own answer has.
pub fn page_status(error: &ApiError) {
    if let Ok(status) = StatusCode::from_u16(status(error.code)) {
        expect_context::<ResponseOptions>().set_status(status);
    }
}
