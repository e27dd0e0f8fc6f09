//! Removes from the store the pictures that no profile shows any more.

use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::Avatars;
use super::name::PictureName;
use crate::base::picture::{LARGE, SMALL};
use crate::base::store::{AvatarStore, StoreError};

/// How often the removals are looked at when nothing in this process has freed a picture: an operator
/// may have deleted an account, whose pictures have to be gone within a minute.
const POLL: Duration = Duration::from_secs(15);
/// Removals leased at one time,
const BATCH: i64 = 32;
/// and carried out side by side.
const REMOVERS: usize = 8;
/// How long a leased removal is left alone. A batch takes 80 s at most, with a store that never answers:
/// two files each, 10 s for each of them.
const LEASE: Duration = Duration::from_mins(2);
/// The delay after the first failure, in seconds; it doubles with each further one,
const FIRST_DELAY: f64 = 5.0;
/// up to this.
const LONGEST_DELAY: f64 = 600.0;

/// A removal that this pass has to itself until its lease ends.
#[derive(sqlx::FromRow)]
struct Removal {
    /// The file of the large picture.
    name: String,
    /// Counts this attempt too. A later one makes this lease void.
    attempts: i32,
}

/// How many removals do not get done: those begun five times or more, and those that have been due for a
/// quarter of an hour. Counts to 2,000 at most.
pub async fn stuck(pool: &PgPool) -> sqlx::Result<i64> {
    // Served by avatar_removals_failing_idx and avatar_removals_due_idx.
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
    /// Removes freed pictures until `shutdown`: at once when this process has freed one, else every 15 s.
    /// Any number of instances may do so.
    pub async fn remove_freed(self, shutdown: CancellationToken) {
        let Some(store) = self.store.clone() else { return };
        let removing = async {
            loop {
                match sweep(&self.database, &store).await {
                    // There may be more.
                    Ok(leased) if leased == BATCH.unsigned_abs() => continue,
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(%error, "freed pictures cannot be looked up, will be tried again");
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

/// Begins the removals that are due, one batch of them, and returns how many. While the store is asked, no
/// connection is held. Each removal is settled by itself: one that fails is put off and holds up no other.
async fn sweep(pool: &PgPool, store: &AvatarStore) -> sqlx::Result<u64> {
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
    let settle = |removal: Removal| async move {
        match remove(store, &removal.name).await {
            Ok(()) => finish(pool, &removal).await,
            Err(error) => reschedule(pool, &removal, &error).await,
        }
    };
    stream::iter(leased).map(settle).buffer_unordered(REMOVERS).try_collect::<()>().await?;
    Ok(count)
}

async fn remove(store: &AvatarStore, name: &str) -> Result<(), StoreError> {
    let Some((name, _)) = PictureName::parse(name) else {
        tracing::warn!("a removal names no picture: forgotten");
        return Ok(());
    };
    store.delete(&name.file(SMALL)).await?;
    store.delete(&name.file(LARGE)).await
}

async fn finish(pool: &PgPool, removal: &Removal) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM users.avatar_removals WHERE name = $1 AND attempts = $2")
        .bind(&removal.name)
        .bind(removal.attempts)
        .execute(pool)
        .await?;
    Ok(())
}

/// Spread by chance, so that what failed together does not come back together.
async fn reschedule(pool: &PgPool, removal: &Removal, error: &StoreError) -> sqlx::Result<()> {
    tracing::warn!(attempt = removal.attempts, %error, "a picture was not removed, will be tried again");
    sqlx::query(
        "UPDATE users.avatar_removals
         SET due_at = now() + make_interval(secs => (0.5 + 0.5 * random()) * least($4, $3 * 2.0 ^ least(attempts - 1, 20))),
             last_error = $5
         WHERE name = $1 AND attempts = $2",
    )
    .bind(&removal.name)
    .bind(removal.attempts)
    .bind(FIRST_DELAY)
    .bind(LONGEST_DELAY)
    .bind(error.to_string())
    .execute(pool)
    .await?;
    Ok(())
}
