//! `POST` and `DELETE /users/{id}/follow`, and `DELETE /users/me/followers/{id}` (USER-BE-004.1,
//! USER-BE-004.2).

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::graph::Follow as Following;
use crate::model::id::UserId;
use crate::rest::verb::{Delete, Post, Rest};

/// Makes the caller follow a user. Returns 201, or 200 if they already follow them. A private user is asked instead:
/// 202 with the state `requested`.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 404 `USER_NOT_FOUND`; 409 `USER_BLOCKED` if the caller
/// blocks the user; 422 `CANNOT_FOLLOW_SELF`; 429 `RATE_LIMITED` after 400 new follows in a day, or if the caller
/// follows 7,500 users and has fewer followers.
#[server(prefix = "", endpoint = "/users/{id}/follow", protocol = Rest<Post>)]
pub async fn follow(id: UserId) -> Result<Following, ApiError> {
    use http::StatusCode;
    use leptos_axum::ResponseOptions;

    use crate::api::request::context::context;
    use crate::api::request::{caller, throttle};
    use crate::domain::graph::follows;
    use crate::domain::graph::follows::Followed;
    use crate::model::error::ErrorCode;
    use crate::model::graph::FollowState;

    const DAY_SECONDS: u32 = 24 * 60 * 60;

    let follower = caller::user().await?;
    throttle::throttle_follow(follower.id).await?;
    let followed = follows::follow(&context().database, follower, id).await;
    if !followed.as_ref().is_ok_and(|followed| followed.is_new) {
        throttle::repeated_follow(follower.id).await?;
    }
    let followed = followed.inspect_err(|error| {
        if error.code == ErrorCode::RateLimited {
            throttle::set_retry_after(DAY_SECONDS);
        }
    })?;
    match followed {
        Followed { state: FollowState::Requested, .. } => {
            expect_context::<ResponseOptions>().set_status(StatusCode::ACCEPTED);
        }
        Followed { is_new: true, .. } => expect_context::<ResponseOptions>().set_status(StatusCode::CREATED),
        Followed { .. } => {}
    }
    Ok(Following { follower_id: follower.id, followee_id: id, state: followed.state })
}

/// Makes the caller unfollow a user, and cancels a request. Returns 204, also if there is neither.
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
