//! `POST` and `DELETE /users/{id}/block`, and `GET /users/me/blocks`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::graph::{Block as Blocking, People};
use crate::model::id::UserId;
use crate::rest::verb::{Delete, Get, Post, Rest};

/// Makes the caller block a user. Follows and requests between them end, and each is missing for the other from then
/// on. Returns 201, or 200 if the caller already blocks them.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 404 `USER_NOT_FOUND`; 422 `VALIDATION_FAILED` for the
/// caller themselves; 429 `RATE_LIMITED`.
#[server(prefix = "", endpoint = "/users/{id}/block", protocol = Rest<Post>)]
pub async fn block(id: UserId) -> Result<Blocking, ApiError> {
    use http::StatusCode;
    use leptos_axum::ResponseOptions;

    use crate::api::request::context::context;
    use crate::api::request::{caller, throttle};
    use crate::domain::graph::blocks;

    let blocker = caller::user().await?;
    throttle::throttle_user(&throttle::BLOCK, blocker.id).await?;
    if blocks::block(&context().database, blocker, id).await? {
        expect_context::<ResponseOptions>().set_status(StatusCode::CREATED);
    }
    Ok(Blocking { blocker_id: blocker.id, blocked_id: id })
}

/// Ends a block. It brings back no follow. Returns 204, also if there is none.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token.
#[server(prefix = "", endpoint = "/users/{id}/block", protocol = Rest<Delete>)]
pub async fn unblock(id: UserId) -> Result<(), ApiError> {
    use crate::api::request::caller;
    use crate::api::request::context::context;
    use crate::domain::graph::blocks;

    let blocker = caller::user().await?;
    blocks::unblock(&context().database, blocker, id).await
}

/// Lists the users that the caller blocks, newest first. Pages as in `GET /users/{id}/followers`. Returns 200.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 422 `VALIDATION_FAILED`.
#[server(name = ListBlocks, prefix = "", endpoint = "/users/me/blocks", protocol = Rest<Get>)]
pub async fn blocks(
    #[server(default)] page: Option<u32>,
    #[server(default)] page_size: Option<u32>,
    #[server(default)] cursor: Option<String>,
) -> Result<People, ApiError> {
    use super::listing;
    use crate::domain::graph::people::Kind;

    listing::own(Kind::Blocks, page, page_size, cursor).await
}
