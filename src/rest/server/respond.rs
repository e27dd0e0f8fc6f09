//! Responses: JSON for results and errors.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use server_fn::error::FromServerFnError;

use super::beside;
use super::form_post::FormPost;
use crate::model::error::{ApiError, ErrorCode};
use crate::rest::error::status;

/// Seconds until a client may retry when the service is overloaded.
const RETRY_AFTER_SECONDS: &str = "5";

/// Asks for a proof of identity that is at most 10 minutes old.
const STEP_UP: &str = r#"Bearer error="insufficient_user_authentication", max_age="600""#;

/// Responds with the outcome of an operation: a redirect to a page for a plain HTML form, otherwise JSON.
pub async fn respond<T: Serialize>(form: Option<FormPost>, outcome: Result<T, ApiError>) -> Response {
    match (form, outcome) {
        (Some(form), outcome) => form.redirect(outcome.err()).await,
        (None, Ok(output)) => json(&output),
        (None, Err(error)) => match beside::body(&error) {
            Some(body) => with_body(&error, body.into()),
            None => error.into_response(),
        },
    }
}

/// Returns 200 with the value as JSON, or 204 if the value is empty (`()`).
fn json<T: Serialize>(value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) if body == b"null" => StatusCode::NO_CONTENT.into_response(),
        Ok(body) => ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "a response could not be serialized");
            ApiError::from(ErrorCode::Internal).into_response()
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = self.ser();
        with_body(&self, body.into())
    }
}

/// The response to an error, with its status and headers.
fn with_body(error: &ApiError, body: Body) -> Response {
    let status = StatusCode::from_u16(status(error.code)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let mut response = (status, json, body).into_response();
    // For the request log.
    response.extensions_mut().insert(error.code);
    let headers = response.headers_mut();
    match error.code {
        // RFC 6750, section 3.
        ErrorCode::Unauthenticated => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // RFC 9470, section 3.
        ErrorCode::ReauthenticationRequired => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(STEP_UP));
        }
        ErrorCode::Overloaded => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        // RFC 9110, section 15.5.16: compressed bodies are not accepted.
        ErrorCode::UnsupportedMediaType => {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        _ => {}
    }
    response
}
