//! `GET /users/me/follow-requests`, `POST …/{id}/accept` and `DELETE …/{id}`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::graph::People;
use crate::model::id::UserId;
use crate::rest::verb::{Delete, Get, Post, Rest};

/// Lists the users who have asked to follow the caller, newest first, or with `sent`, those that the caller has asked.
/// Pages as in `GET /users/{id}/followers`. Returns 200.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 422 `VALIDATION_FAILED`.
#[server(name = ListFollowRequests, prefix = "", endpoint = "/users/me/follow-requests", protocol = Rest<Get>)]
pub async fn follow_requests(
    #[server(default)] sent: bool,
    #[server(default)] page: Option<u32>,
    #[server(default)] page_size: Option<u32>,
    #[server(default)] cursor: Option<String>,
) -> Result<People, ApiError> {
    use super::listing;
    use crate::domain::graph::people::Kind;

    let kind = if sent { Kind::Requests } else { Kind::RequestedBy };
    listing::own(kind, page, page_size, cursor).await
}

/// Accepts the request of a user, who follows the caller from then on. Returns 204, also if it was accepted before.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 404 `USER_NOT_FOUND` if there is no request.
#[server(prefix = "", endpoint = "/users/me/follow-requests/{id}/accept", protocol = Rest<Post>)]
pub async fn accept_follow_request(id: UserId) -> Result<(), ApiError> {
    use crate::api::request::caller;
    use crate::api::request::context::context;
    use crate::domain::graph::requests;

    let caller = caller::user().await?;
    requests::accept(&context().database, caller, id).await
}

/// Declines the request of a user, who does not learn it. Returns 204, also if there is no request.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token.
#[server(prefix = "", endpoint = "/users/me/follow-requests/{id}", protocol = Rest<Delete>)]
pub async fn decline_follow_request(id: UserId) -> Result<(), ApiError> {
    use crate::api::request::caller;
    use crate::api::request::context::context;
    use crate::domain::graph::requests;

    let caller = caller::user().await?;
    requests::decline(&context().database, caller, id).await
}
