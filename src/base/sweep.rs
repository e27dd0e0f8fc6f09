//! Removes rows that have expired, found by time, in batches that nothing waits for.

use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::types::time::OffsetDateTime;
use sqlx::{Connection as _, PgPool, query_as};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::database::with_retries;
use super::lease::Lease;

/// Rows that one statement deletes: tens of milliseconds for follows, which are counted with it.
pub const BATCH: i64 = 1000;
/// Longest pause between two batches.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// Where a batch ends: the next begins after it, whatever became of its rows.
type Position = (OffsetDateTime, Vec<u8>);

/// What has to be done before the rows with these keys are deleted.
pub type BeforeDelete = for<'a> fn(&'a PgPool, &'a [Vec<u8>]) -> BoxFuture<'a, sqlx::Result<()>>;

/// A kind of rows that expire.
pub struct ExpiringRows {
    pub name: &'static str,
    /// Selects time and key of the rows after the place ($1, $2), in the order of an index, at most $3; $4 is
    /// [`Self::days`].
    pub select: &'static str,
    /// Deletes those of the keys $1 that still are to go ($2 is [`Self::days`]) and are not locked.
    pub delete: &'static str,
    pub days: i32,
    pub before: Option<BeforeDelete>,
}

impl ExpiringRows {
    /// Deletes batch by batch what is to go, from the oldest on.
    pub async fn sweep(&self, pool: &PgPool, guard: &mut SweepGuard) -> sqlx::Result<()> {
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
            tracing::info!(what = self.name, deleted, "swept");
        }
        Ok(())
    }

    /// Deletes the rows, one by one where they do not go together. Returns how many are gone.
    async fn delete_all(&self, pool: &PgPool, keys: &[Vec<u8>]) -> u64 {
        match self.delete(pool, keys).await {
            Ok(deleted) => return deleted,
            Err(error) => tracing::warn!(%error, what = self.name, "a batch was not deleted: row by row"),
        }
        let mut deleted = 0;
        for key in keys {
            match self.delete(pool, std::slice::from_ref(key)).await {
                Ok(done) => deleted += done,
                Err(error) => tracing::error!(%error, what = self.name, "a row cannot be deleted"),
            }
        }
        deleted
    }

    async fn delete(&self, pool: &PgPool, keys: &[Vec<u8>]) -> sqlx::Result<u64> {
        if let Some(before) = self.before {
            before(pool, keys).await?;
        }
        let delete = || async {
            let mut connection = pool.acquire().await?;
            let deleted = sqlx::query(self.delete).bind(keys).bind(self.days).execute(&mut *connection).await;
            if deleted.is_err() {
                // PostgreSQL tells an error before it has rolled back: until then the rows are locked, and another
                // connection would pass them over.
                drop(connection.ping().await);
            }
            deleted
        };
        Ok(with_retries(delete).await?.rows_affected())
    }
}

/// Leaves the database to others between two batches.
pub struct SweepGuard {
    lease: Lease,
    shutdown: CancellationToken,
    /// When the batch began.
    batch: Instant,
}

impl SweepGuard {
    /// Begins a sweep under `lease`, which ends early at `shutdown`.
    pub fn new(lease: Lease, shutdown: CancellationToken) -> Self {
        Self { lease, shutdown, batch: Instant::now() }
    }

    /// Leaves the database to others for as long as the last batch took. Returns whether to go on.
    pub async fn proceed(&mut self) -> sqlx::Result<bool> {
        tokio::select! {
            () = tokio::time::sleep(self.batch.elapsed().min(MAX_PAUSE)) => {}
            () = self.shutdown.cancelled() => return Ok(false),
        }
        self.batch = Instant::now();
        self.lease.renew().await
    }

    /// Ends the sweep.
    ///
    /// # Errors
    /// Faults of the database: the lease ends by itself then.
    pub async fn end(self) -> sqlx::Result<()> {
        self.lease.release().await
    }
}
