//! Removes what has run out and would only fill the tables, in batches that nothing waits for.

mod expired;
mod limits;

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::base::lease::Lease;

const PERIOD: Duration = Duration::from_hours(1);
/// How long an instance that sweeps may be silent before another goes on; much longer than a batch.
const LEASE: Duration = Duration::from_mins(1);
/// Longest pause between two batches.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Sweeps at start and every hour until `shutdown`: one of all instances at a time.
pub async fn run(pool: PgPool, unverified_days: u32, shutdown: CancellationToken) {
    loop {
        let pause = match sweep(&pool, unverified_days, &shutdown).await {
            Ok(Swept::All) => PERIOD,
            // Should the other one die, this one goes on.
            Ok(Swept::ByAnother) => LEASE,
            Err(error) => {
                tracing::warn!(%error, "sweeping failed, will be tried again");
                LEASE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// Who has swept.
#[derive(Debug, PartialEq, Eq)]
pub enum Swept {
    /// This call; rows that were locked, or could not be deleted, are left.
    All,
    ByAnother,
}

/// Deletes page sessions and refresh tokens that have expired, with sign-ins of which no token is left,
/// rate limits that are full again, one-time tokens a day after they have expired, mails a month after they
/// were given up, and accounts whose address was not verified within so many days, so that an address cannot
/// be kept by someone else. A link that was mailed works to its end: its account waits for it, and
/// `domain::verification::resend` mails no other. Ends early at `shutdown`.
///
/// # Errors
/// When the lease cannot be taken. What goes wrong with one kind or one row is logged, and the rest is
/// swept.
pub async fn sweep(pool: &PgPool, unverified_days: u32, shutdown: &CancellationToken) -> sqlx::Result<Swept> {
    let Some(lease) = Lease::take(pool, "housekeeping", LEASE).await? else { return Ok(Swept::ByAnother) };
    let mut pace = Pace { lease, shutdown: shutdown.clone(), batch: Instant::now() };
    for table in expired::tables(unverified_days) {
        if let Err(error) = table.sweep(pool, &mut pace).await {
            tracing::warn!(%error, what = table.name, "sweeping failed, will be tried again");
        }
    }
    if let Err(error) = limits::sweep(pool, &mut pace).await {
        tracing::warn!(%error, what = "rate limits", "sweeping failed, will be tried again");
    }
    pace.lease.give_back().await?;
    Ok(Swept::All)
}

/// Between two batches.
struct Pace {
    lease: Lease,
    shutdown: CancellationToken,
    /// When the batch began.
    batch: Instant,
}

impl Pace {
    /// Leaves the database to others for as long as the last batch took. Returns whether to go on.
    async fn go_on(&mut self) -> sqlx::Result<bool> {
        tokio::select! {
            () = tokio::time::sleep(self.batch.elapsed().min(LONGEST_PAUSE)) => {}
            () = self.shutdown.cancelled() => return Ok(false),
        }
        self.batch = Instant::now();
        self.lease.keep().await
    }
}
