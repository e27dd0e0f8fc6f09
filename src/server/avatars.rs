//! `GET /avatars/{user}/{picture}/{size}`: the pictures, from wherever they are kept.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use super::fallback::not_found;
use crate::domain::avatars::Avatars;
use crate::domain::avatars::picture::Format;
use crate::rest::error::ApiError;

/// A picture. Its name changes with its content, so it may be kept forever.
///
/// # Errors
/// `NOT_FOUND`; `OVERLOADED` when the store is out of order.
pub async fn avatar(
    State(avatars): State<Avatars>,
    Path((user, picture, size)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let format = Format::of_name(&size).ok_or_else(not_found)?;
    let bytes = avatars.get(&format!("{user}/{picture}/{size}")).await?.ok_or_else(not_found)?;
    let headers = [(CONTENT_TYPE, format.content_type()), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, bytes).into_response())
}
