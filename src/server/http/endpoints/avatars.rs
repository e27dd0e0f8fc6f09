//! `GET /avatars/{user}/{picture}/{size}`: serves pictures from the store.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use crate::domain::profiles::avatars::name::PictureName;
use crate::model::error::ApiError;
use crate::server::http::layers::fallback::not_found;
use crate::server::run::state::AppState;

/// For a picture that is opened directly: whatever type a browser takes it for, it loads and runs nothing, and belongs
/// to no origin (OWASP File Upload Cheat Sheet).
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// Returns a picture. Its name changes with its content, so it can be cached forever. If the store fails, the response
/// is `OVERLOADED`.
pub async fn avatar(
    State(state): State<AppState>,
    Path((user, picture, size)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let (name, size) = PictureName::parse(&format!("{user}/{picture}/{size}")).ok_or_else(not_found)?;
    let bytes = state.context.avatars.get(&name, size).await?.ok_or_else(not_found)?;
    let headers = [
        (CONTENT_TYPE, name.format().content_type()),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    Ok((headers, bytes).into_response())
}
