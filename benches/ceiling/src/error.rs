//! Why a request failed. None of a measurement does.

use std::fmt::Display;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// A response without a body.
pub struct Failure(StatusCode);

impl Failure {
    pub const UNAUTHENTICATED: Self = Self(StatusCode::UNAUTHORIZED);
    pub const NOT_FOUND: Self = Self(StatusCode::NOT_FOUND);
    pub const INVALID: Self = Self(StatusCode::UNPROCESSABLE_ENTITY);
}

impl<E: Display> From<E> for Failure {
    fn from(error: E) -> Self {
        eprintln!("ceiling: {error}");
        Self(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}
