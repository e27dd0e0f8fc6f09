//! Runs requests to completion, even if the client disconnects.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::fallback::{limit_time, panicked};
use super::position::add_position;
use crate::base::current_request::ForRequest as _;
use crate::model::error::{ApiError, ErrorCode};
use crate::server::http::connection::paced_body::ReadingTime;
use crate::server::run::state::AppState;

/// Runs the inner layers in a separate task. If the client disconnects or the time limit passes, only the response is
/// dropped: the work continues, and no operation is left half done. The task always ends, because its request body ends
/// with the connection, and waits for the database have timeouts.
pub async fn run_to_end(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let reading = request.extensions().get::<ReadingTime>().cloned().unwrap_or_default();
    let writes = !request.method().is_safe();
    let own = state.clone();
    let work = async move {
        let mut response = next.run(request).await;
        if writes {
            add_position(&own, &mut response).await;
        }
        response
    };
    let task = state.requests.spawn(work.for_current_request());
    let ended = async {
        match task.await {
            Ok(response) => response,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => panicked(panic),
                // The process is shutting down.
                Err(_) => ApiError::from(ErrorCode::Overloaded).into_response(),
            },
        }
    };
    limit_time(reading, ended).await
}
