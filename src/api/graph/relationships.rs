//! `GET /users/me/relationships?ids=…`, the same for services, and `GET /users/{id}/familiar-followers`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::graph::{FamiliarFollowers, Relationships};
use crate::model::id::UserId;
use crate::rest::verb::{Get, Rest};

/// Returns 200 with how the caller and the users of these comma-separated ids relate, at most 100, in the order of the
/// request. Unknown users, and those who block the caller, are not `found`.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 422 `VALIDATION_FAILED` for an invalid id, or too many.
#[server(name = OwnRelationships, prefix = "", endpoint = "/users/me/relationships", protocol = Rest<Get>)]
pub async fn own_relationships(#[server(default)] ids: String) -> Result<Relationships, ApiError> {
    use crate::api::request::{caller, ids, reads};
    use crate::base::database::Reader;
    use crate::domain::graph::relationships;
    use crate::domain::graph::relationships::Audience;

    let (user, ids) = (caller::user().await?.id, &ids::parse(&ids)?);
    let list = |pool: Reader| async move { relationships::list(&pool, user, ids, Audience::User).await };
    Ok(Relationships { items: reads::read(list).await? })
}

/// Returns the same for any user, to other services, which also learn who blocks the user.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with the token of a user; 422 `VALIDATION_FAILED`.
#[server(name = UserRelationships, prefix = "", endpoint = "/users/{id}/relationships", protocol = Rest<Get>)]
pub async fn user_relationships(id: UserId, #[server(default)] ids: String) -> Result<Relationships, ApiError> {
    use crate::api::request::{caller, ids, reads};
    use crate::base::database::Reader;
    use crate::domain::graph::relationships;
    use crate::domain::graph::relationships::Audience;

    caller::service().await?;
    let ids = &ids::parse(&ids)?;
    let list = |pool: Reader| async move { relationships::list(&pool, id, ids, Audience::Service).await };
    Ok(Relationships { items: reads::read(list).await? })
}

/// Returns 200 with the followers of a user that the caller follows, too: the first dozen, and how many there are.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token, or if the caller may not see the followers; 404
/// `USER_NOT_FOUND`.
#[server(name = GetFamiliarFollowers, prefix = "", endpoint = "/users/{id}/familiar-followers", protocol = Rest<Get>)]
pub async fn familiar_followers(id: UserId) -> Result<FamiliarFollowers, ApiError> {
    use crate::api::request::{caller, reads};
    use crate::domain::graph::relationships;

    let viewer = caller::user().await?.id;
    reads::read(|pool| async move { relationships::familiar_followers(&pool, viewer, id).await }).await
}
