//! Error responses outside of operations and pages: unknown routes and methods, panics, timeouts, and errors of inner
//! layers, in the common error format.

use std::any::Any;
use std::pin::pin;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{ALLOW, CONTENT_TYPE};
use tokio::time::{Instant, timeout_at};

use crate::model::error::{ApiError, ErrorCode};
use crate::server::http::connection::paced_body::ReadingTime;

/// Longest time to process a request. Receiving its body does not count and has its own limits.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

pub async fn method_not_allowed() -> ApiError {
    ErrorCode::MethodNotAllowed.into()
}

pub fn not_found() -> ApiError {
    ErrorCode::NotFound.into()
}

/// Responds with 500, and logs the panic message.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or_default();
    tracing::error!(message, "panic");
    ApiError::from(ErrorCode::Internal).into_response()
}

/// Responds with 503 to a request that takes longer than 30 s, not counting the wait for its body.
pub async fn limit_time(reading: ReadingTime, response: impl Future<Output = Response>) -> Response {
    let (started, mut response) = (Instant::now(), pin!(response));
    loop {
        let spent = reading.spent();
        match timeout_at(started + REQUEST_TIMEOUT + spent, response.as_mut()).await {
            Ok(response) => return response,
            Err(_) if reading.spent() > spent => {}
            Err(_) => {
                tracing::error!("request timed out");
                return ApiError::from(ErrorCode::Overloaded).into_response();
            }
        }
    }
}

/// Converts errors without a body or with plain text to the common error format.
pub fn unify_errors(response: Response) -> Response {
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("text/plain");
    let code = match response.status() {
        status if !status.is_client_error() && !status.is_server_error() => return response,
        _ if !media_type.starts_with("text/plain") => return response,
        StatusCode::NOT_FOUND => ErrorCode::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ErrorCode::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => ErrorCode::RequestTimeout,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::UnsupportedMediaType,
        status if status.is_client_error() => ErrorCode::MalformedRequest,
        // The session layer responds like this if the database cannot save. All other errors have the format.
        StatusCode::INTERNAL_SERVER_ERROR if response.headers().get(CONTENT_TYPE).is_none() => ErrorCode::Overloaded,
        _ => ErrorCode::Internal,
    };
    let mut unified = ApiError::from(code).into_response();
    if let Some(allow) = response.headers().get(ALLOW) {
        unified.headers_mut().insert(ALLOW, allow.clone());
    }
    unified
}
