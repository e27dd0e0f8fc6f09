//! The contents of `/timeline`.

use super::people::List;
use super::{people, requests, suggestions};
use crate::base::database::Database;
use crate::base::database::pool::Pool;
use crate::model::error::ApiError;
use crate::model::graph::{Person, Side, Timeline};
use crate::model::id::UserId;

/// Users per section.
pub(super) const SECTION_SIZE: u32 = 12;
/// Requests that are counted: more are not a number that anyone needs.
const REQUESTS_MAX: i64 = 100;

/// Returns the user's timeline, read from `pool`, its sections at the same time. Suggestions that are new are stored in `database`.
pub async fn timeline(pool: &Pool, database: &Database, user: UserId) -> Result<Timeline, ApiError> {
    let (following, new_followers, suggestions, follow_requests) = tokio::try_join!(
        newest(pool, user, Side::Followees),
        newest(pool, user, Side::Followers),
        suggestions::list(pool, database, user),
        requests::count(pool, user, REQUESTS_MAX),
    )?;
    Ok(Timeline { following, new_followers, suggestions, follow_requests })
}

async fn newest(pool: &Pool, user: UserId, side: Side) -> sqlx::Result<Vec<Person>> {
    let list = List::Follows { owner: user, side, viewer: Some(user) };
    let rows = people::fetch_page(pool, list, 0, None, i64::from(SECTION_SIZE)).await?;
    Ok(rows.into_iter().map(|row| row.person).collect())
}
