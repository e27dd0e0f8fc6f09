//! `GET /users/search` and `GET /users/typeahead`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::graph::{Found, Suggested};
use crate::rest::verb::{Get, Rest};

/// Finds people whose username, or a word of whose display name, begins with `q`: two characters or more, without
/// regard to case and accents. First the one with exactly this username, then people that the caller follows, then the
/// caller's followers, then the most followed. People who do not want to be found are found by their exact username
/// only. Returns 200 with 20 people; `cursor` is the `next_cursor` of the previous page. There are at most 100.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 422 `VALIDATION_FAILED`; 429 `RATE_LIMITED`.
#[server(name = SearchUsers, prefix = "", endpoint = "/users/search", protocol = Rest<Get>)]
pub async fn search(
    #[server(default)] q: String,
    #[server(default)] cursor: Option<String>,
) -> Result<Found, ApiError> {
    use crate::api::request::page_status::set_page_status;
    use crate::api::request::{caller, reads, throttle};
    use crate::domain::search::people::{self, Position, Query};

    let find = async {
        let viewer = caller::user().await?.id;
        let query = &Query::parse(&q)?;
        let cursor = cursor.filter(|cursor| !cursor.is_empty());
        let start = cursor.map(|cursor| Position::decode(&cursor)).transpose()?.unwrap_or_default();
        throttle::throttle_user(&throttle::SEARCH, viewer).await?;
        reads::read(|pool| async move { people::search(&pool, viewer, query, start).await }).await
    };
    find.await.inspect_err(set_page_status)
}

/// Finds the first people of a search while its text is typed. `limit` is 1 to 20, and 8 by default. Returns 200.
///
/// # Errors
/// As for [`search`].
#[server(prefix = "", endpoint = "/users/typeahead", protocol = Rest<Get>)]
pub async fn typeahead(
    #[server(default)] q: String,
    #[server(default)] limit: Option<u32>,
) -> Result<Suggested, ApiError> {
    use crate::api::request::{caller, reads, throttle};
    use crate::domain::search::people::{self, Query};
    use crate::text::error_responses;

    const LIMIT: u32 = 8;
    const LIMIT_MAX: u32 = 20;

    let viewer = caller::user().await?.id;
    let query = &Query::parse(&q)?;
    let limit = limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(ApiError::field("limit", &error_responses::up_to(&LIMIT_MAX.to_string())));
    }
    throttle::throttle_user(&throttle::TYPEAHEAD, viewer).await?;
    let items = reads::read(|pool| async move { people::typeahead(&pool, viewer, query, limit as usize).await });
    Ok(Suggested { items: items.await? })
}
