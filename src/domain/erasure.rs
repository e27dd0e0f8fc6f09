//! Deleting accounts, however many rows hang on them, in steps that others hardly wait for.

use sqlx::PgPool;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use super::database::retried;

/// Rows that one statement deletes: tens of milliseconds for follows, which are counted with it.
pub const BATCH: i64 = 1000;

/// Deletes an account with everything that belongs to it, and has its picture removed from the store.
/// Returns whether there was one.
///
/// It ends its sign-ins first, then deletes follows and tokens batch by batch, and the account last: a
/// process that ends in between leaves an account without some of its follows, whose counts are right.
/// Those who follow or unfollow the account wait for one batch at most. A million followers take about a
/// minute.
///
/// # Errors
/// Faults of the database. Calling it again goes on.
pub async fn erase(pool: &PgPool, user: Uuid) -> sqlx::Result<bool> {
    let end = "UPDATE users.token_families SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL";
    retried(|| sqlx::query(end).bind(user).execute(pool)).await?;
    clear(pool, user).await?;
    retried(|| delete(pool, user)).await
}

/// Deletes the follows and tokens of an account, so that deleting the account itself is a small step.
///
/// # Errors
/// Faults of the database.
pub async fn clear(pool: &PgPool, user: Uuid) -> sqlx::Result<()> {
    // In the order of the index that serves each: deleted entries are passed once, not once a batch.
    let to_it = "
        WITH batch AS (
            SELECT follower_id, created_at FROM users.follows
            WHERE followee_id = $1 AND (created_at, follower_id) < ($2, $3)
            ORDER BY created_at DESC, follower_id DESC LIMIT $4 FOR UPDATE),
        deleted AS (
            DELETE FROM users.follows f USING batch b WHERE f.follower_id = b.follower_id AND f.followee_id = $1)
        SELECT created_at, follower_id FROM batch ORDER BY created_at, follower_id LIMIT 1";
    let by_it = "
        WITH batch AS (
            SELECT followee_id, created_at FROM users.follows
            WHERE follower_id = $1 AND (created_at, followee_id) < ($2, $3)
            ORDER BY created_at DESC, followee_id DESC LIMIT $4 FOR UPDATE),
        deleted AS (
            DELETE FROM users.follows f USING batch b WHERE f.followee_id = b.followee_id AND f.follower_id = $1)
        SELECT created_at, followee_id FROM batch ORDER BY created_at, followee_id LIMIT 1";
    for statement in [to_it, by_it] {
        let mut last = (OffsetDateTime::now_utc() + time::Duration::days(1), Uuid::max());
        loop {
            let batch = || {
                let statement = sqlx::query_as::<_, (OffsetDateTime, Uuid)>(statement).bind(user);
                statement.bind(last.0).bind(last.1).bind(BATCH).fetch_optional(pool)
            };
            match retried(batch).await? {
                Some(oldest) => last = oldest,
                None => break,
            }
        }
    }
    let tokens = "DELETE FROM users.refresh_tokens WHERE token_hash IN (
                      SELECT token_hash FROM users.refresh_tokens WHERE user_id = $1 LIMIT $2)";
    while retried(|| sqlx::query(tokens).bind(user).bind(BATCH).execute(pool)).await?.rows_affected() > 0 {}
    Ok(())
}

/// Deletes the account's row, and by cascade what came in the meantime. A trigger has its picture removed.
async fn delete(pool: &PgPool, user: Uuid) -> sqlx::Result<bool> {
    let deleted = sqlx::query("DELETE FROM users.users WHERE id = $1").bind(user).execute(pool).await?;
    Ok(deleted.rows_affected() > 0)
}
