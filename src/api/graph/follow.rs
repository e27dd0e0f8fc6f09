//! `POST` and `DELETE /users/{id}/follow`, and `DELETE /users/me/followers/{id}` (USER-BE-004.1,
//! USER-BE-004.2).

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::graph::Follow as Following;
use crate::model::id::UserId;
use crate::rest::verb::{Delete, Post, Rest};

/// Makes the caller follow a user. Returns 201, or 200 if they already follow them.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 404 `USER_NOT_FOUND`; 422 `CANNOT_FOLLOW_SELF`;
/// 429 `RATE_LIMITED`.
#[server(prefix = "", endpoint = "/users/{id}/follow", protocol = Rest<Post>)]
pub async fn follow(id: UserId) -> Result<Following, ApiError> {
    use http::StatusCode;
    use leptos_axum::ResponseOptions;

    use crate::api::request::context::context;
    use crate::api::request::{caller, throttle};
    use crate::domain::graph::follows;

    let follower = caller::user().await?;
    throttle::throttle_user(&throttle::FOLLOW, follower.id).await?;
    if follows::follow(&context().database, follower, id).await? {
        expect_context::<ResponseOptions>().set_status(StatusCode::CREATED);
    }
    Ok(Following { follower_id: follower.id, followee_id: id })
}

/// Makes the caller unfollow a user. Returns 204, also if they do not follow them.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token.
#[server(prefix = "", endpoint = "/users/{id}/follow", protocol = Rest<Delete>)]
pub async fn unfollow(id: UserId) -> Result<(), ApiError> {
    use crate::api::request::caller;
    use crate::api::request::context::context;
    use crate::domain::graph::follows;

    let follower = caller::user().await?;
    follows::unfollow(&context().database, follower, id).await
}

/// Removes a user from the caller's followers. Returns 204, also if they are not one.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token.
#[server(prefix = "", endpoint = "/users/me/followers/{id}", protocol = Rest<Delete>)]
pub async fn remove_follower(id: UserId) -> Result<(), ApiError> {
    use crate::api::request::caller;
    use crate::api::request::context::context;
    use crate::domain::graph::follows;

    let followee = caller::user().await?;
    follows::remove_follower(&context().database, followee, id).await
}
