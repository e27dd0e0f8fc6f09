//! Decides about requests before their bodies are read, and then reads plain forms.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::same_origin::require_same_origin;
use crate::api::request::access::requires_caller;
use crate::api::request::caller;
use crate::model::error::{ApiError, ErrorCode};
use crate::rest::server::form_post::read_form;
use crate::server::run::state::AppState;

/// Rejects cross-site requests, and a request without a caller (a user or a service) for an operation that requires
/// one, before reading any of its body: a visitor must not be able to make the service wait or buffer data. With
/// `Expect: 100-continue`, the body is not even requested. The operation finds the caller in the request's extensions.
pub async fn admit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if let Err(error) = require_same_origin(&state, &request) {
        return error.into_response();
    }
    let (mut parts, body) = request.into_parts();
    if requires_caller(&parts) {
        match caller::of(&state.context, &parts).await {
            Ok(Some(caller)) => drop(parts.extensions.insert(caller)),
            Ok(None) => return ApiError::from(ErrorCode::Unauthenticated).into_response(),
            Err(error) => return error.into_response(),
        }
    }
    match read_form(&state.flashes, parts, body).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}
