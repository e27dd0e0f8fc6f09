//! `GET /users/{id}/followers` and `GET /users/{id}/followees` (USER-BE-005.1).

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::graph::People;
use crate::model::id::UserId;
use crate::rest::verb::{Get, Rest};

/// Who follows a user, newest first: `page` from 1, or `cursor` as the page before told; `page_size` 1 to
/// 100, by default 20, and up to 1,000 for services. 200.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 404 `USER_NOT_FOUND`; 422 `VALIDATION_FAILED`.
#[server(prefix = "", endpoint = "/users/{id}/followers", protocol = Rest<Get>)]
pub async fn followers(
    id: UserId,
    #[server(default)] page: Option<u32>,
    #[server(default)] page_size: Option<u32>,
    #[server(default)] cursor: Option<String>,
) -> Result<People, ApiError> {
    use super::listing;
    use crate::model::graph::Side;

    listing::list(id, Side::Followers, page, page_size, cursor).await
}

/// Whom a user follows, as [`followers`]. It is the candidate for what the Posts Service builds feeds from
/// (USER-BE-005.1-S2).
///
/// # Errors
/// As [`followers`].
#[server(prefix = "", endpoint = "/users/{id}/followees", protocol = Rest<Get>)]
pub async fn followees(
    id: UserId,
    #[server(default)] page: Option<u32>,
    #[server(default)] page_size: Option<u32>,
    #[server(default)] cursor: Option<String>,
) -> Result<People, ApiError> {
    use super::listing;
    use crate::model::graph::Side;

    listing::list(id, Side::Followees, page, page_size, cursor).await
}
