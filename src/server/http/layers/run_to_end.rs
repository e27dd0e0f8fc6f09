//! Requests run to their end, whatever becomes of the client.

use std::panic::resume_unwind;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument as _;

use crate::model::error::{ApiError, ErrorCode};
use crate::server::run::state::AppState;

/// Runs the layers inside this one in a task of its own. A client that leaves, or the time limit, drops
/// the answer only: the work goes on, and no operation is half done. The task ends by itself: its body
/// ends with the connection, and waiting for the database has limits.
pub async fn run_to_end(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match state.requests.spawn(next.run(request).in_current_span()).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The process is ending.
            Err(_) => ApiError::from(ErrorCode::Overloaded).into_response(),
        },
    }
}
