//! Recounts the follow graph: after a bulk load, and to verify and repair the stored counts.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::base::database::pool::Pool;
use crate::base::database::{begin, with_retries};
use uuid::Uuid;

/// The actual counts, as one row per follow and side. Their sums are what `follow_counts` should contain. On several
/// machines, all rows of a user are on one.
const ACTUAL_COUNTS: &str = "SELECT followee_id AS user_id, 1 AS followers, 0 AS followees FROM users.followers
                    UNION ALL SELECT follower_id, 0, 1 FROM users.follows";

/// A user whose stored counts differ from the actual ones.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Drift {
    pub user_id: Uuid,
    pub stored_followers: i64,
    pub actual_followers: i64,
    pub stored_followees: i64,
    pub actual_followees: i64,
}

/// Counts all follows into `follow_counts`, which must not include them yet.
pub async fn fill(connection: &mut PgConnection) -> sqlx::Result<()> {
    let statement = format!(
        "INSERT INTO users.follow_counts (user_id, followers, followees)
         SELECT user_id, sum(followers), sum(followees) FROM ({ACTUAL_COUNTS}) counted GROUP BY user_id"
    );
    sqlx::query(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}

/// Returns the users whose counts are wrong, found in one pass. It is safe to run while follows change: a statement
/// sees each follow together with its count.
pub async fn drift(pool: &Pool) -> sqlx::Result<Vec<Drift>> {
    let statement = format!("{} SELECT * FROM mismatches ORDER BY user_id", mismatches());
    sqlx::query_as(AssertSqlSafe(statement)).fetch_all(pool).await
}

/// Corrects wrong counts and returns the number of users affected. It adds the difference, so follows may change in
/// the meantime: each changes the stored and the actual count alike. Counts of deleted accounts are removed, too. A
/// deletion leaves one behind if the account is unfollowed at the same moment.
pub async fn repair(pool: &Pool) -> sqlx::Result<u64> {
    with_retries(|| repair_once(pool)).await
}

async fn repair_once(pool: &Pool) -> sqlx::Result<u64> {
    let mut transaction = begin(pool).await?;
    // A concurrent repair would add the same difference twice. This lock mode does not block reads or counting.
    sqlx::query("LOCK TABLE users.follow_counts IN SHARE UPDATE EXCLUSIVE MODE").execute(&mut *transaction).await?;
    let statement = format!(
        "{} INSERT INTO users.follow_counts (user_id, followers, followees)
         SELECT user_id, actual_followers - stored_followers, actual_followees - stored_followees FROM mismatches",
        mismatches()
    );
    let repaired = sqlx::query(AssertSqlSafe(statement)).execute(&mut *transaction).await?.rows_affected();
    sqlx::query(
        "DELETE FROM users.follow_counts c WHERE NOT EXISTS (SELECT FROM users.users u WHERE u.id = c.user_id)",
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(repaired)
}

/// The `WITH` clause that defines `mismatches`: a [`Drift`] for each existing account whose counts are wrong.
fn mismatches() -> String {
    format!(
        "WITH counted AS (
             SELECT user_id, sum(stored_followers)::int8 AS stored_followers, sum(actual_followers)::int8 AS actual_followers,
                    sum(stored_followees)::int8 AS stored_followees, sum(actual_followees)::int8 AS actual_followees
             FROM (SELECT user_id, 0 AS stored_followers, followers AS actual_followers,
                          0 AS stored_followees, followees AS actual_followees FROM ({ACTUAL_COUNTS}) actual
                   UNION ALL SELECT user_id, followers, 0, followees, 0 FROM users.follow_counts) both_sides
             GROUP BY user_id
             HAVING sum(stored_followers) <> sum(actual_followers) OR sum(stored_followees) <> sum(actual_followees)),
         mismatches AS (SELECT counted.* FROM counted JOIN users.users u ON u.id = counted.user_id)"
    )
}
