//! `GET /users/{id}/followers` and `GET /users/{id}/followees` (USER-BE-005.1).

use leptos::prelude::*;

use crate::model::follow::People;
use crate::model::id::UserId;
use crate::rest::error::ApiError;
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
    list(id, crate::domain::people::Side::Followers, page, page_size, cursor).await
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
    list(id, crate::domain::people::Side::Followees, page, page_size, cursor).await
}

#[cfg(feature = "ssr")]
async fn list(
    id: UserId,
    side: crate::domain::people::Side,
    page: Option<u32>,
    page_size: Option<u32>,
    cursor: Option<String>,
) -> Result<People, ApiError> {
    use crate::api::caller::{Caller, caller};
    use crate::domain::people::{self, Cursor, Start};
    use crate::server::state::AppState;

    let (viewer, largest) = match caller().await? {
        Caller::User(id) => (Some(id), 100),
        Caller::Service => (None, 1000),
    };
    let page_size = page_size.unwrap_or(20);
    if !(1..=largest).contains(&page_size) {
        return Err(ApiError::field("page_size", &format!("Use 1 to {largest}")));
    }
    let start = match (cursor, page.unwrap_or(1)) {
        (Some(cursor), _) => {
            let cursor = Cursor::decode(&cursor);
            Start::After(cursor.ok_or_else(|| ApiError::field("cursor", "This is not a cursor from an earlier page"))?)
        }
        (None, 0) => return Err(ApiError::field("page", "Pages are counted from 1")),
        (None, page) => Start::Page(page),
    };
    people::list(&expect_context::<AppState>().pool, id, side, start, page_size, viewer).await
}
