//! The lists of followers and followees: newest first, by page or, at any depth, by cursor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sqlx::postgres::PgRow;
use sqlx::types::time::OffsetDateTime;
use sqlx::{AssertSqlSafe, FromRow, PgPool, Row};
use uuid::Uuid;

use super::relation;
use super::relation::RELATION;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::graph::{People, Person, Side};
use crate::model::id::UserId;
use crate::model::profiles::PublicUser;

impl Side {
    /// The column that is listed, and the one that it is listed for.
    const fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::Followers => ("follower_id", "followee_id"),
            Self::Followees => ("followee_id", "follower_id"),
        }
    }
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Pages are counted from 1.
    Page(u32),
    /// After this one.
    After(Cursor),
}

/// A place in a list: the last item before the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Microseconds since 1970, which is as finely as the database tells the time.
    at: i64,
    id: Uuid,
}

impl Cursor {
    /// As it travels.
    pub fn encode(self) -> String {
        URL_SAFE_NO_PAD.encode([self.at.to_be_bytes().as_slice(), self.id.as_bytes()].concat())
    }

    /// Reads what [`Self::encode`] wrote.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (at, id) = bytes.split_at(8);
        let cursor = Self { at: i64::from_be_bytes(at.try_into().ok()?), id: Uuid::from_slice(id).ok()? };
        // No follow is older than the epoch; PostgreSQL's time begins 4713 BC.
        cursor.time().filter(|_| cursor.at >= 0).map(|_| cursor)
    }

    fn time(self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.at) * 1000).ok()
    }
}

/// The columns of [`Person`], from `users.users u`, beside [`RELATION`].
pub(super) const COLUMNS: &str = "u.id, u.username, u.display_name, u.avatar_url";

impl<'r> FromRow<'r, PgRow> for Person {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        Ok(Self { user: PublicUser::from_row(row)?, viewer: relation::read(row)? })
    }
}

/// An item of a page, and the place that it stands at.
pub(super) struct PageRow {
    pub person: Person,
    cursor: Cursor,
}

impl<'r> FromRow<'r, PgRow> for PageRow {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        let person = Person::from_row(row)?;
        let cursor = Cursor { at: row.try_get("at")?, id: person.user.id.0 };
        Ok(Self { person, cursor })
    }
}

/// A page of somebody's followers or followees, and how each stands to `viewer`.
///
/// # Errors
/// `USER_NOT_FOUND` when there is no such user.
pub async fn list(
    pool: &PgPool,
    user: UserId,
    side: Side,
    start: Start,
    page_size: u32,
    viewer: Option<UserId>,
) -> Result<People, ApiError> {
    let (page, offset, after) = match start {
        Start::Page(page) => (Some(page), i64::from(page - 1) * i64::from(page_size), None),
        Start::After(cursor) => (None, 0, Some(cursor)),
    };
    let mut found = fetch_page(pool, user, side, offset, after, i64::from(page_size) + 1, viewer).await?;
    if found.is_empty() && !exists(pool, user).await? {
        return Err(ErrorCode::UserNotFound.into());
    }
    let wanted = page_size as usize;
    let has_next = found.len() > wanted;
    found.truncate(wanted);
    let next_cursor = found.last().filter(|_| has_next).map(|last| last.cursor.encode());
    let items = found.into_iter().map(|listed| listed.person).collect();
    Ok(People { items, page, page_size, has_next, next_cursor })
}

/// At most `limit` items of a list, in one query.
///
/// They are cut out of the index alone before anything is joined to it: skipping a million entries
/// costs a walk over the index, and nothing by cursor.
pub(super) async fn fetch_page(
    pool: &PgPool,
    user: UserId,
    side: Side,
    offset: i64,
    after: Option<Cursor>,
    limit: i64,
    viewer: Option<UserId>,
) -> sqlx::Result<Vec<PageRow>> {
    let (listed, of) = side.columns();
    let beyond = if after.is_some() { format!("AND (created_at, {listed}) < ($5, $6)") } else { String::new() };
    let statement = format!(
        "SELECT {COLUMNS}, {RELATION}, (extract(epoch FROM page.created_at) * 1000000)::bigint AS at
         FROM (SELECT {listed} AS id, created_at FROM users.follows WHERE {of} = $2 {beyond}
               ORDER BY created_at DESC, {listed} DESC OFFSET $3 LIMIT $4) page
         JOIN users.users u USING (id)
         ORDER BY page.created_at DESC, u.id DESC"
    );
    let mut query = sqlx::query_as(AssertSqlSafe(statement))
        .bind(viewer.map(|viewer| viewer.0))
        .bind(user.0)
        .bind(offset)
        .bind(limit);
    if let Some(cursor) = after {
        query = query.bind(cursor.time()).bind(cursor.id);
    }
    query.fetch_all(pool).await
}

async fn exists(pool: &PgPool, user: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM users.users WHERE id = $1)").bind(user.0).fetch_one(pool).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_way_and_nothing_else_is_one() {
        let cursor = Cursor { at: 1_790_000_000_123_456, id: Uuid::now_v7() };
        let text = cursor.encode();
        assert_eq!(Cursor::decode(&text), Some(cursor));
        let beyond_time = [i64::MIN, -1, i64::MAX].map(|at| Cursor { at, id: cursor.id }.encode());
        let [before, just_before, after] = &beyond_time;
        for bad in ["", "x", &text[1..], &format!("{text}A"), before, just_before, after] {
            assert_eq!(Cursor::decode(bad), None, "{bad}");
        }
    }
}
