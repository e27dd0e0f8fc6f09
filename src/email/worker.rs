//! The mail worker: what it needs, its beginning and its end.

use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::compose::Compose;
use super::dispatcher::Dispatcher;
use super::timings::MailTimings;
use super::transport::Transport;

/// Sends what lies in the outbox. Any number may run on one database. A process that dies in the
/// middle leaves its row claimed; when the lease ends, another repeats the attempt.
pub struct Worker {
    pub pool: PgPool,
    pub transport: Transport,
    /// Writes the mails.
    pub compose: Arc<dyn Compose>,
    /// Notified after a commit that put mail into the outbox.
    pub wake: Arc<Notify>,
    pub timings: MailTimings,
}

impl Worker {
    /// Runs until `shutdown`; what the provider may have by then is still brought to its end. A panic costs
    /// the mails under way one attempt, and begins the work again.
    pub async fn run(self, shutdown: CancellationToken) {
        let worker = Arc::new(self);
        respawn(&shutdown, worker.timings.poll, || Dispatcher::new(Arc::clone(&worker), shutdown.clone()).run()).await;
    }
}

/// Runs `work` in a task of its own, and again after `pause` when it panics.
async fn respawn<F>(shutdown: &CancellationToken, pause: std::time::Duration, work: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        // A set ends its task when it is dropped.
        let mut task = JoinSet::new();
        task.spawn(work());
        match task.join_next().await {
            Some(Err(error)) if error.is_panic() => {
                tracing::error!(%error, "the mail worker panicked and begins again");
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
    async fn work_that_panics_begins_again_until_it_ends_by_itself() {
        let runs = Arc::new(AtomicUsize::new(0));
        let work = || {
            let runs = Arc::clone(&runs);
            async move { assert!(runs.fetch_add(1, Ordering::Relaxed) == 2, "not yet") }
        };
        respawn(&CancellationToken::new(), Duration::from_millis(1), work).await;
        assert_eq!(runs.load(Ordering::Relaxed), 3);
    }
}
