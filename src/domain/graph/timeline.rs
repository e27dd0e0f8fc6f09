//! What `/timeline` shows of the follow graph, in three queries.

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow, PgPool, Row};

use super::people;
use super::people::COLUMNS;
use super::relation::RELATION;
use crate::model::error::ApiError;
use crate::model::graph::{Person, Side, Suggestion, Timeline};
use crate::model::id::UserId;

/// How many people are shown of each kind.
const SHOWN: i64 = 12;
/// Suggestions come from the newest so many follows of as many people, the newest whom the user follows:
/// at most 10,000 entries of an index, whoever is followed.
const SAMPLE: i64 = 100;

impl<'r> FromRow<'r, PgRow> for Suggestion {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        Ok(Self { person: Person::from_row(row)?, mutual_count: row.try_get("mutual_count")? })
    }
}

/// The user's timeline.
pub async fn timeline(pool: &PgPool, user: UserId) -> Result<Timeline, ApiError> {
    Ok(Timeline {
        following: newest(pool, user, Side::Followees).await?,
        new_followers: newest(pool, user, Side::Followers).await?,
        suggestions: suggestions(pool, user).await?,
    })
}

async fn newest(pool: &PgPool, user: UserId, side: Side) -> sqlx::Result<Vec<Person>> {
    let listed = people::fetch_page(pool, user, side, 0, None, SHOWN, Some(user)).await?;
    Ok(listed.into_iter().map(|listed| listed.person).collect())
}

/// Those whom most of the people follow that the user follows; at a tie the id decides.
async fn suggestions(pool: &PgPool, user: UserId) -> sqlx::Result<Vec<Suggestion>> {
    // Sorted first: who is followed already is looked up only until there are enough. Both OFFSET 0 see to it.
    let statement = format!(
        "SELECT {COLUMNS}, {RELATION}, best.mutual_count
         FROM (SELECT id, mutual_count
               FROM (SELECT theirs.followee_id AS id, count(*) AS mutual_count
                     FROM (SELECT followee_id FROM users.follows WHERE follower_id = $1
                           ORDER BY created_at DESC, followee_id DESC LIMIT $3) mine
                     CROSS JOIN LATERAL (SELECT f.followee_id FROM users.follows f
                                         WHERE f.follower_id = mine.followee_id
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
    sqlx::query_as(AssertSqlSafe(statement)).bind(user.0).bind(SHOWN).bind(SAMPLE).fetch_all(pool).await
}
