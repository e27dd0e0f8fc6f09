//! Access, limits and paging, which the lists of people share.

use crate::api::request::caller::{self, Caller, caller};
use crate::api::request::page_status::set_page_status;
use crate::api::request::reads;
use crate::domain::graph::people;
use crate::domain::graph::people::{Cursor, Kind, List, Start};
use crate::model::error::ApiError;
use crate::model::graph::{NUMBERED_MAX, PAGE_SIZE, People, Side};
use crate::model::id::UserId;
use crate::text::error_responses;

const PAGE_SIZE_MAX: u32 = 100;
/// Larger, since a service builds feeds from the list and should need few calls.
const SERVICE_PAGE_SIZE_MAX: u32 = 1000;

/// Returns the requested page of a user's followers or followees, for users and services.
///
/// # Errors
/// `UNAUTHENTICATED`; `USER_NOT_FOUND`; `FORBIDDEN`; `VALIDATION_FAILED`.
pub async fn list(
    id: UserId,
    side: Side,
    page: Option<u32>,
    page_size: Option<u32>,
    cursor: Option<String>,
) -> Result<People, ApiError> {
    let read = async {
        let (viewer, max) = match caller().await? {
            Caller::User(user) => (Some(user.id), PAGE_SIZE_MAX),
            Caller::Service => (None, SERVICE_PAGE_SIZE_MAX),
        };
        read_page(List::Follows { owner: id, side, viewer }, max, page, page_size, cursor).await
    };
    read.await.inspect_err(set_page_status)
}

/// Returns the requested page of the caller's own relations.
///
/// # Errors
/// `UNAUTHENTICATED`; `FORBIDDEN` for services; `VALIDATION_FAILED`.
pub async fn own(
    kind: Kind,
    page: Option<u32>,
    page_size: Option<u32>,
    cursor: Option<String>,
) -> Result<People, ApiError> {
    let read = async {
        let owner = caller::user().await?.id;
        read_page(List::Relations { owner, kind }, PAGE_SIZE_MAX, page, page_size, cursor).await
    };
    read.await.inspect_err(set_page_status)
}

async fn read_page(
    list: List,
    max: u32,
    page: Option<u32>,
    page_size: Option<u32>,
    cursor: Option<String>,
) -> Result<People, ApiError> {
    let page_size = page_size.unwrap_or(PAGE_SIZE);
    if !(1..=max).contains(&page_size) {
        return Err(ApiError::field("page_size", &error_responses::up_to(&max.to_string())));
    }
    let start = match (cursor.filter(|cursor| !cursor.is_empty()), page.unwrap_or(1)) {
        (Some(cursor), _) => {
            let cursor = Cursor::decode(&cursor);
            Start::After(cursor.ok_or_else(|| ApiError::field("cursor", error_responses::cursor()))?)
        }
        (None, 0) => return Err(ApiError::field("page", error_responses::page())),
        (None, page) if page > NUMBERED_MAX / page_size => {
            return Err(ApiError::field("page", error_responses::page_too_far()));
        }
        (None, page) => Start::Page(page),
    };
    reads::read(|pool| async move { people::list(&pool, list, start, page_size).await }).await
}
