//! Hides a user from the follow graph, and brings everything back.
//!
//! A user whose account is about to be deleted is hidden by one row in `hidings`, in the transaction of the request.
//! From then on, lists and counts leave out their follows. After that, the follows themselves are moved to
//! `hidden_follows` in batches, so that reads need not leave out anything for long. Restoring works the other way
//! round.
//!
//! Invariant: a follow in `follows` has two visible ends, unless an end is in `hidings` and not restoring. Hiding locks
//! the user's row exclusively; following and restoring lock both ends in a shared mode and check that they are visible.

use std::time::Duration;

use sqlx::types::time::OffsetDateTime;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use tokio::time::Instant;
use uuid::Uuid;

use crate::base::database::{WITHOUT_FLUSH, with_retries};
use crate::base::sweep::{Left, Pace, SweepGuard};
use crate::model::graph::Side;

/// The condition that `users.users u` is visible to others.
pub const VISIBLE: &str = "u.deletes_at IS NULL";

/// The users whose follows are still in `follows` although they are hidden. Hardly ever more than a few.
pub const HIDING: &str = "ARRAY(SELECT h.user_id FROM users.hidings h WHERE NOT h.restoring)";

/// Follows moved by one statement, which holds its locks for a few milliseconds. After a checkpoint, each changed page
/// is logged as a whole: a larger batch would fill the WAL buffers, and wait with its locks until they are written.
const BATCH: i64 = 25;
/// How long a request moves follows before it leaves the rest to the background.
const REQUEST_BUDGET: Duration = Duration::from_secs(2);

/// The number of follows of `u` on one side whose other end is hidden, to be subtracted from a stored count. `OFFSET 0`
/// makes PostgreSQL look up each pair (`follows_pkey`) instead of reading all follows of a popular user.
pub fn hidden_count(side: Side) -> String {
    let (other, own) = side.columns();
    format!(
        "(SELECT count(*) FROM users.hidings h WHERE NOT h.restoring
          AND EXISTS (SELECT FROM users.follows f WHERE f.{other} = h.user_id AND f.{own} = u.id OFFSET 0))"
    )
}

/// Locks a user exclusively, so that no follow of theirs is being made or moved. Batches lock in the same order.
pub async fn lock(connection: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    for statement in
        ["SELECT FROM users.hidings WHERE user_id = $1 FOR UPDATE", "SELECT FROM users.users WHERE id = $1 FOR UPDATE"]
    {
        sqlx::query(statement).bind(user).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Starts to hide a locked user, in the transaction that makes their account invisible.
pub async fn hide(connection: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    set(connection, user, false).await
}

/// Starts to bring back the follows of a user, in the transaction that makes their account visible.
pub async fn restore(connection: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    set(connection, user, true).await
}

async fn set(connection: &mut PgConnection, user: Uuid, restoring: bool) -> sqlx::Result<()> {
    let statement = "INSERT INTO users.hidings (user_id, restoring) VALUES ($1, $2)
                     ON CONFLICT (user_id) DO UPDATE SET restoring = excluded.restoring";
    sqlx::query(statement).bind(user).bind(restoring).execute(connection).await?;
    Ok(())
}

/// Moves the follows of a user for about two seconds: enough for tens of thousands, so that most users find everything
/// back with the response to their request.
pub async fn advance(pool: &PgPool, user: Uuid) -> sqlx::Result<()> {
    move_all(pool, user, &mut Pace::Until(Instant::now() + REQUEST_BUDGET)).await?;
    Ok(())
}

/// Gives each user in `hidings` a turn to have their follows moved, in the background.
pub async fn advance_each(pool: &PgPool, guard: &mut SweepGuard) -> sqlx::Result<Left> {
    // An account that is being erased, or will be next, loses its follows anyway.
    let users = "SELECT h.user_id FROM users.hidings h JOIN users.users u ON u.id = h.user_id
                 WHERE u.erasing_at IS NULL AND (u.deletes_at <= now() AND u.suspended_at IS NULL) IS NOT TRUE";
    let users: Vec<Uuid> = sqlx::query_scalar(users).fetch_all(pool).await?;
    let mut left = Left::Nothing;
    for user in users {
        match move_all(pool, user, &mut Pace::turn(guard)).await {
            Ok(true) => {}
            Ok(false) => left = Left::Work,
            // The others must not wait for it.
            Err(error) => tracing::error!(%error, user_id = %user, "cannot move follows, will retry"),
        }
        if guard.is_over() {
            break;
        }
    }
    Ok(left)
}

/// Moves the follows of a user until none is left. Returns false if `pace` ended it before.
async fn move_all(pool: &PgPool, user: Uuid, pace: &mut Pace<'_>) -> sqlx::Result<bool> {
    let restoring = "SELECT restoring FROM users.hidings WHERE user_id = $1";
    let restoring: Option<bool> = sqlx::query_scalar(restoring).bind(user).fetch_optional(pool).await?;
    let Some(restoring) = restoring else { return Ok(true) };
    for side in [Side::Followers, Side::Followees] {
        // Batches follow the order of the index, so that deleted index entries are scanned once, not once per batch.
        let mut last = (OffsetDateTime::now_utc() + time::Duration::days(1), Uuid::max());
        loop {
            let statement = if restoring { restore_batch(side) } else { hide_batch(side) };
            let batch = || {
                let statement = sqlx::query_as::<_, (OffsetDateTime, Uuid)>(AssertSqlSafe(statement.as_str()));
                statement.bind(user).bind(last.0).bind(last.1).bind(BATCH).fetch_optional(pool)
            };
            match with_retries(batch).await? {
                Some(oldest) => last = oldest,
                None => break,
            }
            if !pace.proceed().await? {
                return Ok(false);
            }
        }
    }
    // Unless the direction has changed, nothing is left: no follow of a hidden user is made, and the follows that a
    // restoration has left belong to other hidden users.
    let finish = "DELETE FROM users.hidings WHERE user_id = $1 AND restoring = $2";
    with_retries(|| sqlx::query(finish).bind(user).bind(restoring).execute(pool)).await?;
    Ok(true)
}

/// Moves a batch of follows to `hidden_follows`. Returns its last position. Indexes: `follows_followers_idx`,
/// `follows_followees_idx`.
fn hide_batch(side: Side) -> String {
    let (other, own) = side.columns();
    format!(
        "WITH task AS (
             SELECT user_id FROM users.hidings WHERE user_id = $1 AND NOT restoring AND {WITHOUT_FLUSH} FOR SHARE),
         page AS (
             SELECT {other} AS other, created_at FROM users.follows
             WHERE {own} = (SELECT user_id FROM task) AND (created_at, {other}) < ($2, $3)
             ORDER BY created_at DESC, {other} DESC LIMIT $4 FOR UPDATE),
         moved AS (
             DELETE FROM users.follows f USING page p WHERE f.{other} = p.other AND f.{own} = $1 RETURNING f.*),
         hidden AS (
             INSERT INTO users.hidden_follows (follower_id, followee_id, created_at)
             SELECT follower_id, followee_id, created_at FROM moved
             ON CONFLICT (follower_id, followee_id) DO UPDATE SET created_at = excluded.created_at)
         SELECT created_at, other FROM page ORDER BY created_at, other LIMIT 1"
    )
}

/// Moves back a batch of hidden follows whose other ends are visible. Returns its last position. Indexes:
/// `hidden_follows_followers_idx`, `hidden_follows_followees_idx`.
fn restore_batch(side: Side) -> String {
    let (other, own) = side.columns();
    format!(
        "WITH task AS (
             SELECT user_id FROM users.hidings WHERE user_id = $1 AND restoring AND {WITHOUT_FLUSH} FOR SHARE),
         own AS (
             SELECT u.id FROM users.users u WHERE u.id = (SELECT user_id FROM task) AND {VISIBLE} FOR KEY SHARE),
         page AS (
             SELECT {other} AS other, created_at FROM users.hidden_follows
             WHERE {own} = (SELECT id FROM own) AND (created_at, {other}) < ($2, $3)
             ORDER BY created_at DESC, {other} DESC LIMIT $4),
         others AS (
             SELECT u.id FROM users.users u WHERE u.id IN (SELECT other FROM page) AND {VISIBLE}
             ORDER BY u.id FOR KEY SHARE),
         moved AS (
             DELETE FROM users.hidden_follows h USING others o WHERE h.{other} = o.id AND h.{own} = $1 RETURNING h.*),
         shown AS (
             INSERT INTO users.follows (follower_id, followee_id, created_at)
             SELECT follower_id, followee_id, created_at FROM moved ON CONFLICT DO NOTHING)
         SELECT created_at, other FROM page ORDER BY created_at, other LIMIT 1"
    )
}
