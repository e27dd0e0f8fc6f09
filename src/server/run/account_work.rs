//! Hides, opens, restores and erases accounts in the background.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::base::database::pool::Pool;
use crate::base::lease::Lease;
use crate::base::sweep::{Left, SweepGuard};
use crate::domain::accounts::erasure;
use crate::domain::accounts::settings::SelfService;
use crate::domain::graph::{hiding, requests};

/// How often an instance looks for work that it was not told about: accounts whose time has come, and the work of
/// operators and of instances that stopped.
const INTERVAL: Duration = Duration::from_secs(30);
/// How soon it looks again if an erasure waits for a mail.
const SOON: Duration = Duration::from_secs(1);
/// How long a working instance may be silent before another takes over. Much longer than a batch.
const LEASE: Duration = Duration::from_secs(20);

/// Works at startup, on `wake` and every half minute, until `shutdown`. Only one instance works at a time.
pub async fn run(pool: Pool, settings: SelfService, wake: Arc<Notify>, shutdown: CancellationToken) {
    loop {
        let pause = match work(&pool, settings, &shutdown).await {
            Ok(Left::Waiting | Left::Work) => SOON,
            Ok(Left::Nothing) => INTERVAL,
            Err(error) => {
                tracing::warn!(%error, "work on accounts failed, will retry");
                INTERVAL
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = wake.notified() => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// Does what is due now, unless another instance does. In each round, every account gets a turn, so that a popular one
/// delays the others by seconds. Returns what is left.
async fn work(pool: &Pool, settings: SelfService, shutdown: &CancellationToken) -> sqlx::Result<Left> {
    let Some(lease) = Lease::acquire(pool, "accounts", LEASE).await? else { return Ok(Left::Nothing) };
    let mut guard = SweepGuard::new(lease, shutdown.clone());
    let mut left = Left::Work;
    while left == Left::Work && !guard.is_over() {
        left = hiding::advance_each(pool, &mut guard).await?;
        left = left.max(requests::accept_each(pool, &mut guard).await?);
        left = left.max(erasure::erase_due(pool, settings, &mut guard).await?);
    }
    guard.end().await?;
    Ok(left)
}
