//! `PUT` and `DELETE /users/me/avatar` (USER-STORY-003-S3, -S4).

use bytes::Bytes;
use leptos::prelude::*;

use crate::model::account::Me;
use crate::rest::error::ApiError;
use crate::rest::upload::Upload;
use crate::rest::verb::{Delete, Put, Rest};

/// Gives the caller's profile a picture: a JPEG or PNG of at most 2 MB, as the body or in the multipart
/// field `avatar`. 200 with the profile and its new `avatar_url`.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with the token of a service; 422 `AVATAR_TOO_LARGE`,
/// `AVATAR_INVALID`; 429 `RATE_LIMITED`; 503 `OVERLOADED`, with the old picture kept.
#[server(prefix = "", endpoint = "/users/me/avatar", protocol = Upload<Put>)]
pub async fn set_avatar(avatar: Bytes) -> Result<Me, ApiError> {
    use crate::api::{caller, entity_tag};
    use crate::server::state::AppState;

    let id = caller::user().await?;
    let updated = expect_context::<AppState>().avatars.set(id, avatar).await?;
    entity_tag::set(&updated);
    Ok(updated)
}

/// Takes the picture off the caller's profile. 204, also when there is none.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with the token of a service.
#[server(prefix = "", endpoint = "/users/me/avatar", protocol = Rest<Delete>)]
pub async fn remove_avatar() -> Result<(), ApiError> {
    use crate::api::caller;
    use crate::server::state::AppState;

    let id = caller::user().await?;
    expect_context::<AppState>().avatars.clear(id).await
}
