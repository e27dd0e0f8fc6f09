//! Answers where no operation and no page stands: unknown routes and methods, panics, time-outs,
//! and errors of inner layers that know nothing of the one error shape.

use std::any::Any;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE};

use crate::rest::decode::BODY_MAX;
use crate::rest::error::{ApiError, ErrorCode};

/// Longest time for one request; whoever waits longer has given up.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The same where a file is sent: 2 MB at 150 kbit/s.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(2);

pub async fn method_not_allowed() -> ApiError {
    ErrorCode::MethodNotAllowed.into()
}

pub fn not_found() -> ApiError {
    ErrorCode::NotFound.into()
}

/// 500, and the panic's message in the log.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or_default();
    tracing::error!(message, "panic");
    ApiError::from(ErrorCode::Internal).into_response()
}

/// 503 for a request that takes longer than half a minute; whoever sends a file over a slow line has
/// two.
pub async fn limit_time(request: Request, next: Next) -> Response {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let has_file = length.is_some_and(|length| length > BODY_MAX);
    tokio::time::timeout(if has_file { UPLOAD_TIMEOUT } else { REQUEST_TIMEOUT }, next.run(request))
        .await
        .unwrap_or_else(|_| {
            tracing::error!("request timed out");
            ApiError::from(ErrorCode::Overloaded).into_response()
        })
}

/// Gives errors that came without a body, or as plain text, the one shape.
pub async fn shape_errors(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("text/plain");
    let code = match response.status() {
        status if !status.is_client_error() && !status.is_server_error() => return response,
        _ if !media_type.starts_with("text/plain") => return response,
        StatusCode::NOT_FOUND => ErrorCode::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ErrorCode::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::UnsupportedMediaType,
        status if status.is_client_error() => ErrorCode::MalformedRequest,
        // What the session layer answers when the database cannot save; everything else has the shape.
        StatusCode::INTERNAL_SERVER_ERROR if response.headers().get(CONTENT_TYPE).is_none() => ErrorCode::Overloaded,
        _ => ErrorCode::Internal,
    };
    let mut shaped = ApiError::from(code).into_response();
    if let Some(allow) = response.headers().get(ALLOW) {
        shaped.headers_mut().insert(ALLOW, allow.clone());
    }
    shaped
}
