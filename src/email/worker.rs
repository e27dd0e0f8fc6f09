//! The mail worker: its dependencies, startup and shutdown.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::compose::Compose;
use super::dispatcher::Dispatcher;
use super::timings::MailTimings;
use super::transport::Transport;
use crate::base::database::pool::Pool;

/// Sends the mails in the outbox. Any number of workers may run on one database. If a process dies during an attempt,
/// the row stays claimed until its lease expires. Then another process repeats the attempt.
pub struct Worker {
    pub pool: Pool,
    pub transport: Transport,
    /// Composes the mails.
    pub compose: Arc<dyn Compose>,
    /// Notified after a commit that queued mail.
    pub wake: Arc<Notify>,
    pub timings: MailTimings,
}

impl Worker {
    /// Runs until `shutdown`, and completes attempts whose mail the provider may already have. A panic costs the mails
    /// in progress one attempt and restarts the worker.
    pub async fn run(self, shutdown: CancellationToken) {
        let worker = Arc::new(self);
        respawn(&shutdown, worker.timings.poll, || Dispatcher::new(Arc::clone(&worker), shutdown.clone()).run()).await;
    }
}

/// Runs `work` in a separate task, and restarts it after `pause` if it panics.
async fn respawn<F>(shutdown: &CancellationToken, pause: std::time::Duration, work: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        // Dropping the set aborts its task.
        let mut task = JoinSet::new();
        task.spawn(work());
        match task.join_next().await {
            Some(Err(error)) if error.is_panic() => {
                tracing::error!(%error, "the mail worker panicked and will restart");
                metrics::counter!("email_worker_panics_total").increment(1);
            }
            _ => return,
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn work_that_panics_is_restarted_until_it_completes() {
        let runs = Arc::new(AtomicUsize::new(0));
        let work = || {
            let runs = Arc::clone(&runs);
            async move { assert!(runs.fetch_add(1, Ordering::Relaxed) == 2, "not yet") }
        };
        respawn(&CancellationToken::new(), Duration::from_millis(1), work).await;
        assert_eq!(runs.load(Ordering::Relaxed), 3);
    }
}
