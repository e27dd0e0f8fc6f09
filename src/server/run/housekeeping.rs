//! Deletes expired rows every hour, and brings search terms up to date, in batches that do not block other work.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::base::database::pool::Pool;
use crate::base::lease::Lease;
use crate::base::rate_limit;
use crate::base::sweep::{Pace, SweepGuard};
use crate::domain::accounts::{email_change, looks, upkeep, username_holds, verification};
use crate::domain::graph::{expiry, suggestions};
use crate::domain::sign_in::{one_time_token, refresh_token};
use crate::domain::{events, reports};
use crate::email::outbox;
use crate::rest::server::flash;
use crate::server::http::session_store;

const INTERVAL: Duration = Duration::from_hours(1);
/// How long a sweeping instance may be silent before another takes over. Much longer than a batch.
const LEASE: Duration = Duration::from_mins(1);

/// Sweeps at startup and every hour, until `shutdown`. Only one instance sweeps at a time.
pub async fn run(pool: Pool, unverified_days: u32, shutdown: CancellationToken) {
    loop {
        let pause = match sweep(&pool, unverified_days, &shutdown).await {
            Ok(SweepOutcome::Completed) => INTERVAL,
            // If the other instance dies, this one takes over.
            Ok(SweepOutcome::LeaseHeld) => LEASE,
            Err(error) => {
                tracing::warn!(%error, "housekeeping failed, will retry");
                LEASE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// The outcome of a sweep.
#[derive(Debug, PartialEq, Eq)]
pub enum SweepOutcome {
    /// Rows that were locked or could not be deleted are left.
    Completed,
    /// Another instance is sweeping.
    LeaseHeld,
}

/// Deletes all expired rows, kind by kind, then corrects search terms. Ends early on `shutdown`.
///
/// # Errors
/// If the lease cannot be acquired. A kind or row that cannot be deleted is logged, and the others are deleted.
pub async fn sweep(pool: &Pool, unverified_days: u32, shutdown: &CancellationToken) -> sqlx::Result<SweepOutcome> {
    let Some(lease) = Lease::acquire(pool, "housekeeping", LEASE).await? else { return Ok(SweepOutcome::LeaseHeld) };
    let mut guard = SweepGuard::new(lease, shutdown.clone());
    for rows in [
        session_store::EXPIRED,
        flash::EXPIRED,
        refresh_token::EXPIRED,
        one_time_token::EXPIRED,
        outbox::DEAD_LETTERS,
        events::EXPIRED,
        username_holds::EXPIRED,
        looks::EXPIRED,
        email_change::EXPIRED,
        suggestions::EXPIRED,
        expiry::EXPIRED,
        reports::EXPIRED,
        verification::never_verified(unverified_days),
    ] {
        if let Err(error) = rows.sweep(pool, &mut guard).await {
            tracing::warn!(%error, what = rows.name, "housekeeping failed, will retry");
        }
    }
    if let Err(error) = rate_limit::sweep(pool, &mut guard).await {
        tracing::warn!(%error, what = "rate limits", "housekeeping failed, will retry");
    }
    // The last, since it reads all users.
    if let Err(error) = upkeep::run(pool, &mut Pace::Sweep(&mut guard)).await {
        tracing::warn!(%error, what = "search terms and looks", "housekeeping failed, will retry");
    }
    guard.end().await?;
    Ok(SweepOutcome::Completed)
}
