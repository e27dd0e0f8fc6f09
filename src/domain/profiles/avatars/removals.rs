//! Deletes unused pictures from the store.

use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use super::Avatars;
use super::name::PictureName;
use crate::base::database::pool::Pool;
use crate::base::picture::{LARGE, SMALL};
use crate::base::store::{AvatarStore, StoreError};

/// How often removals are polled when this process has freed no picture: an operator may have deleted an account, whose
/// pictures must be removed within a minute.
const POLL: Duration = Duration::from_secs(15);
/// Removals leased at once.
const BATCH: i64 = 32;
/// Removals that run concurrently.
const REMOVERS: usize = 8;
/// How long a removal is leased. If the store never responds, a batch takes at most 80 s: two files per removal, 10 s
/// per file.
const LEASE: Duration = Duration::from_mins(2);
/// The delay after the first failure. It doubles with each further failure.
const FIRST_DELAY: Duration = Duration::from_secs(5);
const MAX_DELAY: Duration = Duration::from_mins(10);

/// A removal that is reserved for this pass until its lease expires.
#[derive(sqlx::FromRow)]
struct Removal {
    /// The file of the large picture.
    name: String,
    /// Includes this attempt. A later attempt invalidates this lease.
    attempts: i32,
}

/// Returns the number of stuck removals: those attempted five times or more, and those overdue by 15 minutes. It counts
/// 2,000 at most.
pub async fn stuck(pool: &Pool) -> sqlx::Result<i64> {
    // Indexes: avatar_removals_failing_idx, avatar_removals_due_idx.
    sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM (SELECT FROM users.avatar_removals WHERE attempts >= 5 LIMIT 1000) failing)
              + (SELECT count(*) FROM (SELECT FROM users.avatar_removals
                                       WHERE due_at < now() - interval '15 minutes' AND attempts < 5
                                       LIMIT 1000) waiting)",
    )
    .fetch_one(pool)
    .await
}

impl Avatars {
    /// Removes freed pictures until `shutdown`: immediately if this process has freed one, otherwise every 15 s. Any
    /// number of instances may run this.
    pub async fn remove_freed(self, shutdown: CancellationToken) {
        let Some(store) = self.store.clone() else { return };
        let removing = async {
            loop {
                match sweep(&self.database, &store).await {
                    // There may be more.
                    Ok(leased) if leased == BATCH.unsigned_abs() => continue,
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(%error, "cannot read the queue of removals, will retry");
                        tokio::time::sleep(POLL).await;
                        continue;
                    }
                }
                let _ = tokio::time::timeout(POLL, self.freed.notified()).await;
            }
        };
        shutdown.run_until_cancelled(removing).await;
    }
}

/// Runs one batch of due removals and returns its size. No database connection is held during calls to the store. Each
/// removal is recorded separately: one that fails is rescheduled and does not delay the others.
async fn sweep(pool: &Pool, store: &AvatarStore) -> sqlx::Result<u64> {
    // Index: avatar_removals_due_idx.
    let leased: Vec<Removal> = sqlx::query_as(
        "UPDATE users.avatar_removals SET attempts = attempts + 1, due_at = now() + make_interval(secs => $2)
         WHERE name IN (SELECT name FROM users.avatar_removals WHERE due_at <= now()
                        ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
         RETURNING name, attempts",
    )
    .bind(BATCH)
    .bind(LEASE.as_secs_f64())
    .fetch_all(pool)
    .await?;
    let count = leased.len() as u64;
    let process = |removal: Removal| async move {
        match remove(store, &removal.name).await {
            Ok(()) => finish(pool, &removal).await,
            Err(error) => reschedule(pool, &removal, &error).await,
        }
    };
    stream::iter(leased).map(process).buffer_unordered(REMOVERS).try_collect::<()>().await?;
    Ok(count)
}

async fn remove(store: &AvatarStore, name: &str) -> Result<(), StoreError> {
    let Some((name, _)) = PictureName::parse(name) else {
        tracing::warn!("dropping a removal that names no picture");
        return Ok(());
    };
    store.delete(&name.file(SMALL)).await?;
    store.delete(&name.file(LARGE)).await
}

async fn finish(pool: &Pool, removal: &Removal) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM users.avatar_removals WHERE name = $1 AND attempts = $2")
        .bind(&removal.name)
        .bind(removal.attempts)
        .execute(pool)
        .await?;
    Ok(())
}

/// The delay after `attempts` failures, with jitter: removals that failed together are not retried together.
fn delay(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(20);
    FIRST_DELAY.saturating_mul(1 << doublings).min(MAX_DELAY).mul_f64(0.5 + 0.5 * fastrand::f64())
}

async fn reschedule(pool: &Pool, removal: &Removal, error: &StoreError) -> sqlx::Result<()> {
    tracing::warn!(attempt = removal.attempts, %error, "a picture was not removed, will retry");
    sqlx::query(
        "UPDATE users.avatar_removals SET due_at = now() + make_interval(secs => $3), last_error = $4
         WHERE name = $1 AND attempts = $2",
    )
    .bind(&removal.name)
    .bind(removal.attempts)
    .bind(delay(removal.attempts).as_secs_f64())
    .bind(error.to_string())
    .execute(pool)
    .await?;
    Ok(())
}
