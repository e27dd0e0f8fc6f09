//! The lists of followers and followees: newest first, by page or, at any depth, by cursor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sqlx::postgres::PgRow;
use sqlx::types::time::OffsetDateTime;
use sqlx::{AssertSqlSafe, FromRow, Row};
use uuid::Uuid;

use super::relation;
use crate::base::database::pool::Pool;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::graph::{People, Person, Side};
use crate::model::id::UserId;
use crate::model::profiles::PublicUser;
use crate::text::error_responses;

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
        Ok(Self { user: PublicUser::from_row(row)?, private: row.try_get("private")?, viewer: relation::read(row)? })
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

/// A list of people.
#[derive(Clone, Copy, Debug)]
pub enum List {
    /// Of a user's follows, as a viewer sees them. Services, which are no viewer, see all.
    Follows { owner: UserId, side: Side, viewer: Option<UserId> },
    /// Those that a user has a relation to.
    Relations { owner: UserId, kind: Kind },
}

/// A relation that has a list.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Blocks,
    Mutes,
    /// Requests that the user has sent.
    Requests,
    /// Requests that the user has received.
    RequestedBy,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Mutes => "mutes",
            Self::Requests => "requests",
            Self::RequestedBy => "requested_by",
        }
    }
}

/// Returns a page of a list, each user with their relation to the viewer.
///
/// # Errors
/// `USER_NOT_FOUND` if the owner does not exist, or blocks the viewer; `FORBIDDEN` if the viewer may not see the list.
pub async fn list(pool: &Pool, list: List, start: Start, page_size: u32) -> Result<People, ApiError> {
    let (page, offset, after) = match start {
        Start::Page(page) => (Some(page), i64::from(page - 1) * i64::from(page_size), None),
        Start::After(cursor) => (None, 0, Some(cursor)),
    };
    let mut rows = fetch_page(pool, list, offset, after, i64::from(page_size) + 1).await?;
    if let List::Follows { owner, viewer, .. } = list
        && rows.is_empty()
    {
        check_access(pool, owner, viewer).await?;
    }
    let wanted = page_size as usize;
    let has_next = rows.len() > wanted;
    rows.truncate(wanted);
    let next_cursor = rows.last().filter(|_| has_next).map(|last| last.cursor.encode());
    let items = rows.into_iter().map(|row| row.person).collect();
    Ok(People { items, page, page_size, has_next, next_cursor })
}

/// Returns at most `limit` items of a list, in one call (`migrations/0027_relations.sql`).
///
/// A page of follows is read from `follows_followers_idx` or `follows_followees_idx` alone before `users` is joined, and
/// one of relations from `relations_newest_idx`. An offset of a million scans that many index entries. A cursor scans
/// none of them. A list that the viewer may not see is empty. Users who are hidden, and those that the viewer does not
/// see, are left out.
pub(in crate::domain) async fn fetch_page(
    pool: &Pool,
    list: List,
    offset: i64,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<PageRow>> {
    let (function, viewer, of) = match list {
        List::Follows { owner, side: Side::Followers, viewer } => ("list_followers", viewer, Of::User(owner)),
        List::Follows { owner, side: Side::Followees, viewer } => ("list_followees", viewer, Of::User(owner)),
        List::Relations { owner, kind } => ("list_relations", Some(owner), Of::Kind(kind.name())),
    };
    let statement = format!(
        "SELECT id, username, display_name, avatar_url, private, viewed, following, followed_by, relations,
                (extract(epoch FROM since) * 1000000)::bigint AS at
         FROM users.{function}($1, $2, coalesce($3, 'infinity'::timestamptz), $4, $5, $6)"
    );
    let statement = sqlx::query_as(AssertSqlSafe(statement)).bind(viewer.map(|viewer| viewer.0));
    let statement = match of {
        Of::User(owner) => statement.bind(owner.0),
        Of::Kind(kind) => statement.bind(kind),
    };
    statement
        .bind(after.and_then(Cursor::time))
        .bind(after.map_or(Uuid::max(), |cursor| cursor.id))
        .bind(offset)
        .bind(limit)
        .fetch_all(pool)
        .await
}

enum Of {
    User(UserId),
    Kind(&'static str),
}

/// Returns those of the users who are visible to `viewer`, in any order.
pub(in crate::domain) async fn fetch(pool: &Pool, viewer: UserId, ids: &[Uuid]) -> sqlx::Result<Vec<Person>> {
    sqlx::query_as("SELECT * FROM users.list_people($1, $2, false)").bind(viewer.0).bind(ids).fetch_all(pool).await
}

/// Checks whether a viewer may see the lists of a user.
///
/// # Errors
/// `USER_NOT_FOUND` if there is no such user, or the user blocks the viewer; `FORBIDDEN`.
pub(super) async fn check_access(pool: &Pool, owner: UserId, viewer: Option<UserId>) -> Result<(), ApiError> {
    let statement = "SELECT users.access_to_lists($1, $2)";
    let access: String =
        sqlx::query_scalar(statement).bind(viewer.map(|viewer| viewer.0)).bind(owner.0).fetch_one(pool).await?;
    match access.as_str() {
        "open" => Ok(()),
        "private" => Err(ApiError::new(ErrorCode::Forbidden, error_responses::list_is_private())),
        "hidden" => Err(ApiError::new(ErrorCode::Forbidden, error_responses::list_is_hidden())),
        _ => Err(ErrorCode::UserNotFound.into()),
    }
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
