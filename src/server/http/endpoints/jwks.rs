//! `GET /.well-known/jwks.json`: the public keys, for services that verify access tokens themselves.

use axum::extract::State;
use axum::response::IntoResponse;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::server::run::state::AppState;

/// The keys (RFC 7517), cacheable for five minutes. A new key must be published for longer than that before it signs.
pub async fn jwks(State(state): State<AppState>) -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, state.context.token_keys.keys().json().to_owned())
}
