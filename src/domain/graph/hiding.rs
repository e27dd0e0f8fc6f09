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
use sqlx::{AssertSqlSafe, PgConnection, PgExecutor};
use tokio::time::Instant;
use uuid::Uuid;

use crate::base::database::pool::Pool;
use crate::base::database::{WITHOUT_FLUSH, begin, with_retries};
use crate::base::sweep::{Left, Pace, SweepGuard};
use crate::model::graph::Side;

/// The condition that `users.users u` is visible to others.
pub const VISIBLE: &str = "u.deletes_at IS NULL";

/// Follows moved by one call, which holds its locks for a few milliseconds. After a checkpoint, each changed page
/// is logged as a whole: a larger batch would fill the WAL buffers, and wait with its locks until they are written.
const BATCH: i64 = 25;
/// How long a request moves follows before it leaves the rest to the background.
pub(super) const REQUEST_BUDGET: Duration = Duration::from_secs(2);

/// The number of follows on one side of the user `owner`, an expression, whose other end is hidden, to be subtracted
/// from a stored count. `OFFSET 0` makes PostgreSQL look up each pair (`follows_pkey`) instead of reading all follows
/// of a popular user.
pub fn hidden_count(side: Side, owner: &str) -> String {
    let (other, own) = side.columns();
    let table = side.table();
    format!(
        "(SELECT count(*) FROM users.hidings h WHERE NOT h.restoring
          AND EXISTS (SELECT FROM users.{table} f WHERE f.{other} = h.user_id AND f.{own} = {owner} OFFSET 0))"
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
pub async fn advance(pool: &Pool, user: Uuid) -> sqlx::Result<()> {
    move_all(pool, user, &mut Pace::Until(Instant::now() + REQUEST_BUDGET)).await?;
    Ok(())
}

/// Gives each user in `hidings` a turn to have their follows moved, in the background.
pub async fn advance_each(pool: &Pool, guard: &mut SweepGuard) -> sqlx::Result<Left> {
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
async fn move_all(pool: &Pool, user: Uuid, pace: &mut Pace<'_>) -> sqlx::Result<bool> {
    let Some(turn) = Turn::read(pool, user).await? else { return Ok(true) };
    let function = if turn.restoring { "restore_follows" } else { "hide_follows" };
    for side in [Side::Followers, Side::Followees] {
        let batch = format!("users.{function}($1, {}, $2, $3, $4)", side.is_followers());
        if !repeat(pool, user, &batch, BATCH, pace).await? {
            return Ok(false);
        }
    }
    // Unless the user has been hidden or restored since, nothing is left: no follow of a hidden user is made, and the
    // follows that a restoration has left belong to other hidden users.
    with_retries(|| finish(pool, user, turn)).await
}

/// One time of being hidden, and of being restored after it.
#[derive(Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
struct Turn {
    restoring: bool,
    /// Hiding a user increments it.
    sign_in_epoch: i32,
}

impl Turn {
    /// Returns `None` if the user is not in `hidings`. Indexes: `hidings_pkey`, `users_pkey`.
    async fn read(executor: impl PgExecutor<'_>, user: Uuid) -> sqlx::Result<Option<Self>> {
        let turn = "SELECT h.restoring, u.sign_in_epoch FROM users.hidings h JOIN users.users u ON u.id = h.user_id
                    WHERE u.id = $1";
        sqlx::query_as(turn).bind(user).fetch_optional(executor).await
    }
}

/// Deletes the user's row in `hidings`, unless another turn has begun. Returns whether it has not.
///
/// The lock, which everything that changes the row takes first, comes in a statement of its own: a DELETE that waits
/// for the insertion of its row does not see it, and on several machines deletes it from some copies only.
async fn finish(pool: &Pool, user: Uuid, turn: Turn) -> sqlx::Result<bool> {
    let mut transaction = begin(pool).await?;
    lock(&mut transaction, user).await?;
    let is_over = Turn::read(&mut *transaction, user).await?.is_none_or(|current| current == turn);
    if is_over {
        sqlx::query("DELETE FROM users.hidings WHERE user_id = $1").bind(user).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(is_over)
}

/// Runs a function that changes a batch of follows of a user, until none is left. Its arguments are the user, the
/// position after which the batch starts ($2, $3) and its size ($4), and it returns the last position of the batch.
/// Returns false if `pace` ended it before.
pub async fn repeat(pool: &Pool, user: Uuid, function: &str, size: i64, pace: &mut Pace<'_>) -> sqlx::Result<bool> {
    let statement = format!("SELECT last_time, last_id FROM {function} WHERE {WITHOUT_FLUSH} AND last_id IS NOT NULL");
    // Batches follow the order of the index, so that deleted index entries are scanned once, not once per batch.
    let mut last = (OffsetDateTime::now_utc() + time::Duration::days(1), Uuid::max());
    loop {
        let batch = || {
            let statement = sqlx::query_as::<_, (OffsetDateTime, Uuid)>(AssertSqlSafe(statement.as_str()));
            statement.bind(user).bind(last.0).bind(last.1).bind(size).fetch_optional(pool)
        };
        match with_retries(batch).await? {
            Some(oldest) => last = oldest,
            None => return Ok(true),
        }
        if !pace.proceed().await? {
            return Ok(false);
        }
    }
}
