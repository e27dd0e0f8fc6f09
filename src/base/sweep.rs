//! Deletes expired rows, oldest first, in batches that do not block other work.

use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::types::time::OffsetDateTime;
use sqlx::{Connection as _, query, query_as};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::database::with_retries;
use super::lease::Lease;
use crate::base::database::pool::Pool;

/// Rows per statement. Deleting this many follows, including their counts, takes tens of milliseconds.
pub const BATCH: i64 = 1000;
/// Longest pause between two batches.
const MAX_PAUSE: Duration = Duration::from_secs(1);
/// How long a task works before others get a turn.
const TURN: Duration = Duration::from_secs(5);

/// Where a batch ends. The next batch starts after it, whether or not the rows were deleted.
type Position = (OffsetDateTime, Vec<u8>);

/// Deletes rows, and returns how many. Gets the keys, and [`ExpiringRows::days`].
pub type DeleteRows = for<'a> fn(&'a Pool, &'a [Vec<u8>], i32) -> BoxFuture<'a, sqlx::Result<u64>>;

/// A kind of row that expires.
pub struct ExpiringRows {
    pub name: &'static str,
    /// Selects the time and key of at most $3 rows after the position ($1, $2), in index order. $4 is
    /// [`Self::days`].
    pub select: &'static str,
    pub delete: Delete,
    pub days: i32,
}

/// How rows are deleted by their keys: those that are still expired. In the statements, $1 is the keys, $2
/// [`ExpiringRows::days`]. The condition on the key is `= ANY($1)`: with a subquery, a distributed table would be read
/// as a whole.
pub enum Delete {
    /// The keys are hashes.
    ByHash(&'static str),
    /// The keys are UUIDs.
    ById(&'static str),
    /// The keys are texts.
    ByName(&'static str),
    /// All rows in one transaction of several statements.
    Together(DeleteRows),
    /// One row in a transaction, since others may wait for it.
    OneByOne(DeleteRows),
}

/// The rows of a table with a UUID as `id` whose `time` is more than `days` ago. An index on `time` serves it.
macro_rules! rows_by_id {
    ($name:literal, $table:literal, $time:literal, $days:literal) => {
        $crate::base::sweep::ExpiringRows {
            name: $name,
            select: concat!(
                "SELECT ",
                $time,
                ", uuid_send(id) FROM ",
                $table,
                " WHERE ",
                $time,
                " < now() - make_interval(days => $4)
                     AND (",
                $time,
                ", id) > ($1, encode($2, 'hex')::uuid)
                 ORDER BY ",
                $time,
                ", id LIMIT $3"
            ),
            delete: $crate::base::sweep::Delete::ById(concat!(
                "DELETE FROM ",
                $table,
                " WHERE id = ANY($1) AND ",
                $time,
                " < now() - make_interval(days => $2)"
            )),
            days: $days,
        }
    };
}
pub(crate) use rows_by_id;

/// The rows of a table with the key `id_hash` whose `expires_at` has passed. An index on both serves it.
macro_rules! rows_by_hash {
    ($name:literal, $table:literal) => {
        $crate::base::sweep::ExpiringRows {
            name: $name,
            select: concat!(
                "SELECT expires_at, id_hash FROM ",
                $table,
                "
                 WHERE expires_at < now() AND (expires_at, id_hash) > ($1, $2) AND $4 = 0
                 ORDER BY expires_at, id_hash LIMIT $3"
            ),
            delete: $crate::base::sweep::Delete::ByHash(concat!(
                "DELETE FROM ",
                $table,
                " WHERE id_hash = ANY($1) AND expires_at < now() AND $2 = 0"
            )),
            days: 0,
        }
    };
}
pub(crate) use rows_by_hash;

impl ExpiringRows {
    /// Deletes all expired rows in batches, oldest first.
    pub async fn sweep(&self, pool: &Pool, guard: &mut SweepGuard) -> sqlx::Result<()> {
        let mut after: Position = (OffsetDateTime::UNIX_EPOCH, vec![0; 16]);
        let mut deleted = 0;
        loop {
            let batch: Vec<Position> =
                query_as(self.select).bind(after.0).bind(&after.1).bind(BATCH).bind(self.days).fetch_all(pool).await?;
            let Some(last) = batch.last() else { break };
            after = last.clone();
            let keys: Vec<Vec<u8>> = batch.into_iter().map(|(_, key)| key).collect();
            deleted += self.delete_all(pool, &keys).await;
            if !guard.proceed().await? {
                break;
            }
        }
        if deleted > 0 {
            tracing::info!(what = self.name, deleted, "deleted expired rows");
        }
        Ok(())
    }

    /// Deletes the rows together, or one by one if that fails. Returns how many were deleted.
    async fn delete_all(&self, pool: &Pool, keys: &[Vec<u8>]) -> u64 {
        if !matches!(self.delete, Delete::OneByOne(_)) {
            match self.delete(pool, keys).await {
                Ok(deleted) => return deleted,
                Err(error) => {
                    tracing::warn!(%error, what = self.name, "cannot delete a batch: deleting its rows one by one");
                }
            }
        }
        let mut deleted = 0;
        for key in keys {
            match self.delete(pool, std::slice::from_ref(key)).await {
                Ok(done) => deleted += done,
                Err(error) => tracing::error!(%error, what = self.name, "cannot delete a row"),
            }
        }
        deleted
    }

    async fn delete(&self, pool: &Pool, keys: &[Vec<u8>]) -> sqlx::Result<u64> {
        with_retries(|| self.try_delete(pool, keys)).await
    }

    async fn try_delete(&self, pool: &Pool, keys: &[Vec<u8>]) -> sqlx::Result<u64> {
        let statement = match self.delete {
            Delete::ByHash(statement) => query(statement).bind(keys),
            Delete::ById(statement) => query(statement).bind(ids(keys)?),
            Delete::ByName(statement) => query(statement).bind(names(keys)?),
            Delete::Together(delete) | Delete::OneByOne(delete) => return delete(pool, keys, self.days).await,
        };
        let mut connection = pool.acquire().await?;
        let deleted = statement.bind(self.days).execute(&mut *connection).await;
        if deleted.is_err() {
            // PostgreSQL reports an error before it has rolled back. Until then the rows are locked, and another
            // connection would wait for them.
            drop(connection.ping().await);
        }
        Ok(deleted?.rows_affected())
    }
}

/// The keys of rows with a UUID.
pub fn ids(keys: &[Vec<u8>]) -> sqlx::Result<Vec<Uuid>> {
    let id = |key: &Vec<u8>| Uuid::from_slice(key).map_err(|error| sqlx::Error::Decode(error.into()));
    keys.iter().map(id).collect()
}

fn names(keys: &[Vec<u8>]) -> sqlx::Result<Vec<&str>> {
    keys.iter().map(|key| str::from_utf8(key).map_err(|error| sqlx::Error::Decode(error.into()))).collect()
}

/// How long batches continue.
pub enum Pace<'a> {
    /// Until nothing is left.
    Unlimited,
    /// As long as the sweep may proceed.
    Sweep(&'a mut SweepGuard),
    /// Until this moment, for work that a response waits for.
    Until(Instant),
    /// Until the end of a turn, as long as the sweep may proceed.
    Turn { guard: &'a mut SweepGuard, ends: Instant },
}

impl<'a> Pace<'a> {
    /// A turn of a sweep that has many tasks, of which one alone may take minutes.
    pub fn turn(guard: &'a mut SweepGuard) -> Self {
        Self::Turn { guard, ends: Instant::now() + TURN }
    }

    /// Call it after each batch. Returns whether to continue.
    pub async fn proceed(&mut self) -> sqlx::Result<bool> {
        match self {
            Self::Unlimited => Ok(true),
            Self::Sweep(guard) => guard.proceed().await,
            Self::Until(deadline) => Ok(Instant::now() < *deadline),
            Self::Turn { guard, ends } => Ok(guard.proceed().await? && Instant::now() < *ends),
        }
    }
}

/// What is left after each task of a sweep has had a turn. The greater one of two holds for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    Nothing,
    /// A task waits for something else.
    Waiting,
    /// A task needs another turn.
    Work,
}

/// Paces a sweep, and stops it when its lease is lost or the service shuts down.
pub struct SweepGuard {
    lease: Lease,
    shutdown: CancellationToken,
    batch_started: Instant,
    is_over: bool,
}

impl SweepGuard {
    /// Starts a sweep under `lease`. It ends early on `shutdown`.
    pub fn new(lease: Lease, shutdown: CancellationToken) -> Self {
        Self { lease, shutdown, batch_started: Instant::now(), is_over: false }
    }

    /// Pauses for as long as the last batch took, so that other requests get the database. Returns whether to continue.
    pub async fn proceed(&mut self) -> sqlx::Result<bool> {
        let is_held = tokio::select! {
            () = tokio::time::sleep(self.batch_started.elapsed().min(MAX_PAUSE)) => self.lease.renew().await?,
            () = self.shutdown.cancelled() => false,
        };
        self.is_over = !is_held;
        self.batch_started = Instant::now();
        Ok(is_held)
    }

    /// Returns whether the sweep may no longer proceed.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Ends the sweep and releases the lease. If this fails, the lease expires on its own.
    pub async fn end(self) -> sqlx::Result<()> {
        self.lease.release().await
    }
}
