//! Background work that the response does not wait for, so that its duration does not show in the response time.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::base::current_request::ForRequest as _;
use crate::model::error::{ApiError, ErrorCode};

/// Tasks that run at once, each with its own database connection. This is far below the pool size, so tasks that
/// wait for the same row do not starve other requests.
const MAX_CONCURRENT: usize = 4;
/// Tasks that wait to run.
const MAX_QUEUED: usize = 512;

/// Runs work that the response must not depend on, such as whether an account exists.
#[derive(Clone)]
pub struct Deferred {
    tasks: TaskTracker,
    capacity: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl Deferred {
    /// The server waits for `tasks` before it exits.
    pub fn new(tasks: TaskTracker) -> Self {
        Self {
            tasks,
            capacity: Arc::new(Semaphore::new(MAX_CONCURRENT + MAX_QUEUED)),
            running: Arc::new(Semaphore::new(MAX_CONCURRENT)),
        }
    }

    /// Runs `work` in the background. If it fails, the error is only logged.
    ///
    /// # Errors
    /// `OVERLOADED` if the queue is full.
    pub fn run(&self, work: impl Future<Output = Result<(), ApiError>> + Send + 'static) -> Result<(), ApiError> {
        let Ok(slot) = Arc::clone(&self.capacity).try_acquire_owned() else {
            return Err(ErrorCode::Overloaded.into());
        };
        let running = Arc::clone(&self.running);
        let task = async move {
            // The semaphore is never closed.
            let permit = running.acquire_owned().await;
            if let Err(error) = work.await {
                tracing::error!(code = ?error.code, "deferred work failed");
            }
            drop((permit, slot));
        };
        self.tasks.spawn(task.for_current_request());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn work_is_rejected_only_while_the_queue_is_full() {
        let tasks = TaskTracker::new();
        let deferred = Deferred::new(tasks.clone());
        let go = Arc::new(Notify::new());
        let work = || {
            let go = Arc::clone(&go);
            async move {
                go.notified().await;
                go.notify_one();
                Ok(())
            }
        };
        for _ in 0..MAX_CONCURRENT + MAX_QUEUED {
            deferred.run(work()).expect("a slot");
        }
        assert!(deferred.run(work()).is_err_and(|error| error.code == ErrorCode::Overloaded));
        go.notify_one();
        tasks.close();
        tasks.wait().await;
        deferred.run(async { Ok(()) }).expect("the slots are free again");
    }
}
