//! Removes what has run out and would only fill the tables, in batches that nothing waits for.

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::base::lease::Lease;
use crate::base::rate_limit;
use crate::base::sweep::SweepGuard;
use crate::domain::accounts::verification;
use crate::domain::sign_in::{one_time_token, refresh_token};
use crate::email::outbox;
use crate::rest::server::flash;
use crate::server::http::session_store;

const PERIOD: Duration = Duration::from_hours(1);
/// How long an instance that sweeps may be silent before another goes on; much longer than a batch.
const LEASE: Duration = Duration::from_mins(1);

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

/// Deletes all rows whose time is over: each kind says itself which those are. Ends early at `shutdown`.
///
/// # Errors
/// When the lease cannot be taken. What goes wrong with one kind or one row is logged, and the rest is
/// swept.
pub async fn sweep(pool: &PgPool, unverified_days: u32, shutdown: &CancellationToken) -> sqlx::Result<Swept> {
    let Some(lease) = Lease::acquire(pool, "housekeeping", LEASE).await? else { return Ok(Swept::ByAnother) };
    let mut pace = SweepGuard::new(lease, shutdown.clone());
    for rows in [
        session_store::EXPIRED,
        flash::EXPIRED,
        refresh_token::EXPIRED,
        one_time_token::EXPIRED,
        outbox::DEAD_LETTERS,
        verification::never_verified(unverified_days),
    ] {
        if let Err(error) = rows.sweep(pool, &mut pace).await {
            tracing::warn!(%error, what = rows.name, "sweeping failed, will be tried again");
        }
    }
    if let Err(error) = rate_limit::sweep(pool, &mut pace).await {
        tracing::warn!(%error, what = "rate limits", "sweeping failed, will be tried again");
    }
    pace.end().await?;
    Ok(Swept::All)
}
