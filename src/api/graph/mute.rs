//! `POST` and `DELETE /users/{id}/mute`, and `GET /users/me/mutes`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::graph::{Mute as Muting, People};
use crate::model::id::UserId;
use crate::rest::verb::{Delete, Get, Post, Rest};

/// Makes the caller mute a user, for `expires_in` seconds (1 to 31,536,000) or for good. No one else learns it. Returns
/// 201, or 200 if the caller already mutes them: then the mute ends as requested now.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 404 `USER_NOT_FOUND`; 422 `VALIDATION_FAILED` for the
/// caller themselves and for other durations; 429 `RATE_LIMITED`.
#[server(prefix = "", endpoint = "/users/{id}/mute", protocol = Rest<Post>)]
pub async fn mute(id: UserId, #[server(default)] expires_in: Option<u32>) -> Result<Muting, ApiError> {
    use http::StatusCode;
    use leptos_axum::ResponseOptions;

    use crate::api::request::context::context;
    use crate::api::request::{caller, throttle};
    use crate::domain::graph::mutes;
    use crate::text::error_responses;

    const YEAR_SECONDS: u32 = 365 * 24 * 60 * 60;

    let muter = caller::user().await?;
    if expires_in.is_some_and(|seconds| !(1..=YEAR_SECONDS).contains(&seconds)) {
        return Err(ApiError::field("expires_in", error_responses::up_to_a_year()));
    }
    throttle::throttle_user(&throttle::BLOCK, muter.id).await?;
    let (is_new, expires_at) = mutes::mute(&context().database, muter, id, expires_in).await?;
    if is_new {
        expect_context::<ResponseOptions>().set_status(StatusCode::CREATED);
    }
    Ok(Muting { muter_id: muter.id, muted_id: id, expires_at })
}

/// Ends a mute. Returns 204, also if there is none.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token.
#[server(prefix = "", endpoint = "/users/{id}/mute", protocol = Rest<Delete>)]
pub async fn unmute(id: UserId) -> Result<(), ApiError> {
    use crate::api::request::caller;
    use crate::api::request::context::context;
    use crate::domain::graph::mutes;

    let muter = caller::user().await?;
    mutes::unmute(&context().database, muter, id).await
}

/// Lists the users that the caller mutes, newest first. Pages as in `GET /users/{id}/followers`. Returns 200.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 422 `VALIDATION_FAILED`.
#[server(name = ListMutes, prefix = "", endpoint = "/users/me/mutes", protocol = Rest<Get>)]
pub async fn mutes(
    #[server(default)] page: Option<u32>,
    #[server(default)] page_size: Option<u32>,
    #[server(default)] cursor: Option<String>,
) -> Result<People, ApiError> {
    use super::listing;
    use crate::domain::graph::people::Kind;

    listing::own(Kind::Mutes, page, page_size, cursor).await
}
