//! Gives the caller of a write its position in the database's log, so that later reads do not miss it.

use axum::response::Response;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use http::HeaderValue;
use http::header::SET_COOKIE;

use crate::api::request::reads::{POSITION_COOKIE, POSITION_HEADER};
use crate::base::database::MAX_LAG;
use crate::server::run::state::AppState;

/// Adds the position to the response to a request that may have written. Without replicas, there is none. Every
/// replica in use has replayed the write before the cookie expires.
pub async fn add_position(state: &AppState, response: &mut Response) {
    // Rejected requests have changed nothing that their caller reads.
    if response.status().is_client_error() {
        return;
    }
    let Some(position) = state.context.database.position().await else { return };
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
