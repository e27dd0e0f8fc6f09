//! The contents of `/timeline`, read in three queries.

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow, PgPool, Row};

use super::hiding::HIDING;
use super::people;
use super::people::COLUMNS;
use super::relation::RELATION;
use crate::model::error::ApiError;
use crate::model::graph::{Person, Side, Suggestion, Timeline};
use crate::model::id::UserId;

/// Users per section.
const SECTION_SIZE: i64 = 12;
/// Suggestions are drawn from the newest followees, at most this many, of each of the user's newest followees, at most
/// this many: at most 10,000 index entries, however many follows there are.
const SAMPLE: i64 = 100;

impl<'r> FromRow<'r, PgRow> for Suggestion {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        Ok(Self { person: Person::from_row(row)?, mutual_count: row.try_get("mutual_count")? })
    }
}

/// Returns the user's timeline.
pub async fn timeline(pool: &PgPool, user: UserId) -> Result<Timeline, ApiError> {
    Ok(Timeline {
        following: newest(pool, user, Side::Followees).await?,
        new_followers: newest(pool, user, Side::Followers).await?,
        suggestions: suggestions(pool, user).await?,
    })
}

async fn newest(pool: &PgPool, user: UserId, side: Side) -> sqlx::Result<Vec<Person>> {
    let rows = people::fetch_page(pool, user, side, 0, None, SECTION_SIZE, Some(user)).await?;
    Ok(rows.into_iter().map(|row| row.person).collect())
}

/// Returns the users that the largest numbers of the user's followees follow, without those that the user already
/// follows. Ties are broken by id.
async fn suggestions(pool: &PgPool, user: UserId) -> sqlx::Result<Vec<Suggestion>> {
    // Both OFFSET 0 keep the planner from merging the subqueries: candidates are sorted first, so existing follows are
    // looked up (follows_pkey) only until there are enough suggestions. Both samples are read from
    // follows_followees_idx.
    let statement = format!(
        "SELECT {COLUMNS}, {RELATION}, best.mutual_count
         FROM (SELECT id, mutual_count
               FROM (SELECT theirs.followee_id AS id, count(*) AS mutual_count
                     FROM (SELECT followee_id FROM users.follows WHERE follower_id = $1 AND followee_id <> ALL({HIDING})
                           ORDER BY created_at DESC, followee_id DESC LIMIT $3) mine
                     CROSS JOIN LATERAL (SELECT f.followee_id FROM users.follows f
                                         WHERE f.follower_id = mine.followee_id AND f.followee_id <> ALL({HIDING})
                                         ORDER BY f.created_at DESC, f.followee_id DESC LIMIT $3) theirs
                     WHERE theirs.followee_id <> $1
                     GROUP BY theirs.followee_id
                     ORDER BY mutual_count DESC, id OFFSET 0) candidates
               WHERE NOT EXISTS (SELECT FROM users.follows f
                                 WHERE f.follower_id = $1 AND f.followee_id = candidates.id OFFSET 0)
               ORDER BY mutual_count DESC, id LIMIT $2) best
         JOIN users.users u USING (id)
         ORDER BY best.mutual_count DESC, u.id"
    );
    sqlx::query_as(AssertSqlSafe(statement)).bind(user.0).bind(SECTION_SIZE).bind(SAMPLE).fetch_all(pool).await
}
