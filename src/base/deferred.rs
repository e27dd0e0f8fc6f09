//! Work that begins after the answer, so that its time tells a caller nothing.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::model::error::{ApiError, ErrorCode};

/// Works at once, each with a connection to the database of its own: far below the pool's size, so that works
/// that wait for one row keep no other request from the database.
const MAX_CONCURRENT: usize = 4;
/// Works that wait for their turn.
const MAX_QUEUED: usize = 512;

/// Takes work that the answer must not depend on: whether an account exists, for example.
#[derive(Clone)]
pub struct Deferred {
    tasks: TaskTracker,
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Deferred {
    /// `tasks` is what the server waits for before it ends.
    pub fn new(tasks: TaskTracker) -> Self {
        Self {
            tasks,
            places: Arc::new(Semaphore::new(MAX_CONCURRENT + MAX_QUEUED)),
            turns: Arc::new(Semaphore::new(MAX_CONCURRENT)),
        }
    }

    /// Runs `work` after the caller has its answer. A fault is logged: nothing waits for it any more.
    ///
    /// # Errors
    /// `OVERLOADED` when too much waits already.
    pub fn run(&self, work: impl Future<Output = Result<(), ApiError>> + Send + 'static) -> Result<(), ApiError> {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return Err(ErrorCode::Overloaded.into());
        };
        let turns = Arc::clone(&self.turns);
        let running = async move {
            // Nothing closes the semaphore.
            let turn = turns.acquire_owned().await;
            if let Err(error) = work.await {
                tracing::error!(code = ?error.code, "work after the answer failed");
            }
            drop((turn, place));
        };
        self.tasks.spawn(running.in_current_span());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn what_would_have_to_wait_too_long_is_refused_and_nothing_else_is() {
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
            deferred.run(work()).expect("a place");
        }
        assert!(deferred.run(work()).is_err_and(|error| error.code == ErrorCode::Overloaded));
        go.notify_one();
        tasks.close();
        tasks.wait().await;
        deferred.run(async { Ok(()) }).expect("places are free again");
    }
}
