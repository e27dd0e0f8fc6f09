//! The lists of followers and followees: newest first, by page or, at any depth, by cursor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sqlx::postgres::PgRow;
use sqlx::types::time::OffsetDateTime;
use sqlx::{AssertSqlSafe, FromRow, Row};
use uuid::Uuid;

use super::hiding::VISIBLE;
use super::relation;
use crate::base::database::pool::Pool;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::graph::{People, Person, Side};
use crate::model::id::UserId;
use crate::model::profiles::PublicUser;

impl Side {
    /// The column of the listed users, and the column of the user whose list it is.
    pub(super) const fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::Followers => ("follower_id", "followee_id"),
            Self::Followees => ("followee_id", "follower_id"),
        }
    }

    /// The table, or view, of the list, in which all rows of a user are together.
    pub(super) const fn table(self) -> &'static str {
        match self {
            Self::Followers => "followers",
            Self::Followees => "follows",
        }
    }

    /// The argument of functions in the database.
    pub(in crate::domain) const fn is_followers(self) -> bool {
        matches!(self, Self::Followers)
    }
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Page numbers start at 1.
    Page(u32),
    /// After this item.
    After(Cursor),
}

/// A position in a list: the last item before the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Microseconds since 1970, the resolution of PostgreSQL.
    at: i64,
    id: Uuid,
}

impl Cursor {
    /// Encodes the cursor for the wire.
    pub fn encode(self) -> String {
        URL_SAFE_NO_PAD.encode([self.at.to_be_bytes().as_slice(), self.id.as_bytes()].concat())
    }

    /// Decodes the output of [`Self::encode`].
    pub fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (at, id) = bytes.split_at(8);
        let cursor = Self { at: i64::from_be_bytes(at.try_into().ok()?), id: Uuid::from_slice(id).ok()? };
        // No follow is older than the epoch, and PostgreSQL's timestamps begin in 4713 BC.
        cursor.time().filter(|_| cursor.at >= 0).map(|_| cursor)
    }

    /// When the follow began.
    pub fn time(self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.at) * 1000).ok()
    }
}

impl<'r> FromRow<'r, PgRow> for Person {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        Ok(Self { user: PublicUser::from_row(row)?, viewer: relation::read(row)? })
    }
}

/// An item of a page, and its position.
pub(in crate::domain) struct PageRow {
    pub person: Person,
    pub cursor: Cursor,
}

impl<'r> FromRow<'r, PgRow> for PageRow {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        let person = Person::from_row(row)?;
        let cursor = Cursor { at: row.try_get("at")?, id: person.user.id.0 };
        Ok(Self { person, cursor })
    }
}

/// Returns a page of the user's followers or followees, each with its relation to `viewer`.
///
/// # Errors
/// `USER_NOT_FOUND` if the user does not exist.
pub async fn list(
    pool: &Pool,
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
    let mut rows = fetch_page(pool, user, side, offset, after, i64::from(page_size) + 1, viewer).await?;
    if rows.is_empty() && !exists(pool, user).await? {
        return Err(ErrorCode::UserNotFound.into());
    }
    let wanted = page_size as usize;
    let has_next = rows.len() > wanted;
    rows.truncate(wanted);
    let next_cursor = rows.last().filter(|_| has_next).map(|last| last.cursor.encode());
    let items = rows.into_iter().map(|row| row.person).collect();
    Ok(People { items, page, page_size, has_next, next_cursor })
}

/// Returns at most `limit` items of a list, in one call (`migrations/0020_follow_functions.sql`).
///
/// The page is read from `follows_followers_idx` or `follows_followees_idx` alone before `users` is joined. An offset
/// of a million scans that many index entries. A cursor scans none of them. The list of a hidden user is empty, and
/// hidden users are left out.
pub(in crate::domain) async fn fetch_page(
    pool: &Pool,
    user: UserId,
    side: Side,
    offset: i64,
    after: Option<Cursor>,
    limit: i64,
    viewer: Option<UserId>,
) -> sqlx::Result<Vec<PageRow>> {
    let function = match side {
        Side::Followers => "followers_page",
        Side::Followees => "followees_page",
    };
    let statement = format!(
        "SELECT id, username, display_name, avatar_url, viewed, following, followed_by,
                (extract(epoch FROM since) * 1000000)::bigint AS at
         FROM users.{function}($1, $2, coalesce($3, 'infinity'::timestamptz), $4, $5, $6)"
    );
    sqlx::query_as(AssertSqlSafe(statement))
        .bind(viewer.map(|viewer| viewer.0))
        .bind(user.0)
        .bind(after.and_then(Cursor::time))
        .bind(after.map_or(Uuid::max(), |cursor| cursor.id))
        .bind(offset)
        .bind(limit)
        .fetch_all(pool)
        .await
}

/// Returns those of the users who are visible, as `viewer` sees them, in any order.
pub(super) async fn fetch(pool: &Pool, viewer: UserId, ids: &[Uuid]) -> sqlx::Result<Vec<Person>> {
    sqlx::query_as("SELECT * FROM users.people($1, $2)").bind(viewer.0).bind(ids).fetch_all(pool).await
}

async fn exists(pool: &Pool, user: UserId) -> sqlx::Result<bool> {
    let statement = format!("SELECT EXISTS (SELECT FROM users.users u WHERE u.id = $1 AND {VISIBLE})");
    sqlx::query_scalar(AssertSqlSafe(statement)).bind(user.0).fetch_one(pool).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_round_trips_and_anything_else_is_rejected() {
        let cursor = Cursor { at: 1_790_000_000_123_456, id: Uuid::now_v7() };
        let text = cursor.encode();
        assert_eq!(Cursor::decode(&text), Some(cursor));
        let out_of_range = [i64::MIN, -1, i64::MAX].map(|at| Cursor { at, id: cursor.id }.encode());
        let [before, just_before, after] = &out_of_range;
        for bad in ["", "x", &text[1..], &format!("{text}A"), before, just_before, after] {
            assert_eq!(Cursor::decode(bad), None, "{bad}");
        }
    }
}
