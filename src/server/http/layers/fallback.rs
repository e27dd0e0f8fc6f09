//! Answers where no operation and no page stands: unknown routes and methods, panics, time-outs,
//! and errors of inner layers that know nothing of the one error shape.

use std::any::Any;
use std::pin::pin;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{ALLOW, CONTENT_TYPE};
use tokio::time::{Instant, timeout_at};

use crate::model::error::{ApiError, ErrorCode};
use crate::server::http::connection::paced_body::ReadingTime;

/// Longest time for the work on one request. The time in which its body arrives is the client's, and has
/// limits of its own.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

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

/// 503 for a request that takes longer than half a minute, not counting the wait for its body.
pub async fn limit_time(request: Request, next: Next) -> Response {
    let reading = request.extensions().get::<ReadingTime>().cloned().unwrap_or_default();
    let (started, mut answer) = (Instant::now(), pin!(next.run(request)));
    loop {
        let spent = reading.spent();
        match timeout_at(started + REQUEST_TIMEOUT + spent, answer.as_mut()).await {
            Ok(response) => return response,
            Err(_) if reading.spent() > spent => {}
            Err(_) => {
                tracing::error!("request timed out");
                return ApiError::from(ErrorCode::Overloaded).into_response();
            }
        }
    }
}

/// Gives errors that came without a body, or as plain text, the one shape.
pub async fn unify_errors(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
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
