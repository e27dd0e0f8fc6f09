//! `PUT` and `DELETE /users/me/avatar` (USER-STORY-003-S3, -S4).

use bytes::Bytes;
use leptos::prelude::*;

use crate::model::accounts::Me;
use crate::model::error::ApiError;
use crate::rest::upload::Upload;
use crate::rest::verb::{Delete, Put, Rest};

/// Sets the caller's profile picture: a JPEG or PNG of at most 2 MB, as the body or in the multipart field `avatar`.
/// Returns 200 with the profile and its new `avatar_url`.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 422 `AVATAR_TOO_LARGE`, `AVATAR_INVALID`; 429
/// `RATE_LIMITED`; 503 `OVERLOADED`, in which case the old picture is kept.
#[server(prefix = "", endpoint = "/users/me/avatar", protocol = Upload<Put>)]
pub async fn set_avatar(avatar: Bytes) -> Result<Me, ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::{caller, entity_tag};

    let user = caller::user().await?;
    let updated = context().avatars.set(user, avatar).await?;
    entity_tag::set(&updated);
    Ok(updated)
}

/// Removes the caller's profile picture. Returns 204, also if there is none.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token.
#[server(prefix = "", endpoint = "/users/me/avatar", protocol = Rest<Delete>)]
pub async fn remove_avatar() -> Result<(), ApiError> {
    use crate::api::request::caller;
    use crate::api::request::context::context;

    let user = caller::user().await?;
    context().avatars.clear(user).await
}
