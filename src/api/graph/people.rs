//! `GET /users/{id}/followers` and `GET /users/{id}/followees` (USER-BE-005.1).

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::graph::People;
use crate::model::id::UserId;
use crate::rest::verb::{Get, Rest};

/// Lists a user's followers, newest first, for users and services. `page` starts at 1; `cursor` is the `next_cursor` of
/// the previous page. `page_size` is 1 to 100, or up to 1,000 for services, and 20 by default. Returns 200.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` if the user shows the list only to others; 404 `USER_NOT_FOUND`; 422
/// `VALIDATION_FAILED`.
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

/// Lists the users that a user follows; otherwise the same as [`followers`]. It is a candidate source for the feeds
/// that the Posts Service builds (USER-BE-005.1-S2).
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
