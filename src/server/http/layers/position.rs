//! Gives the caller of a write its position in the database's log, so that later reads do not miss it.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use http::HeaderValue;
use http::header::SET_COOKIE;

use crate::api::request::reads::{POSITION_COOKIE, POSITION_HEADER};
use crate::base::database::MAX_LAG;
use crate::server::run::state::AppState;

/// Adds the position to the response of each request that may have written. Without replicas, there is none. Every
/// replica in use has replayed the write before the cookie expires.
pub async fn add_position(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let writes = !request.method().is_safe();
    let mut response = next.run(request).await;
    // Rejected requests have changed nothing that their caller reads.
    if writes
        && !response.status().is_client_error()
        && let Some(position) = state.context.database.position().await
    {
        let position = position.to_string();
        let cookie = Cookie::build((POSITION_COOKIE, position.as_str()))
            .path("/")
            .http_only(true)
            .secure(true)
            .same_site(SameSite::Lax)
            .max_age(Duration::try_from(MAX_LAG * 4).unwrap_or(Duration::MINUTE));
        let headers = response.headers_mut();
        if let Ok(cookie) = HeaderValue::from_str(&cookie.to_string()) {
            headers.append(SET_COOKIE, cookie);
        }
        if let Ok(position) = HeaderValue::from_str(&position) {
            headers.insert(POSITION_HEADER, position);
        }
    }
    response
}
