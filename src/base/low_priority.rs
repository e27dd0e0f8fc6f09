//! A thread for work that computes for long and must hold up nothing else, behind a bounded queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::{io, thread};

use tokio::sync::oneshot;

use crate::model::error::{ApiError, ErrorCode};

type Task = Box<dyn FnOnce() + Send>;

/// The thread and its queue. It ends when this is dropped.
pub struct Worker {
    queue: SyncSender<Task>,
}

impl Worker {
    /// Starts a thread of this name. Beyond `capacity` waiting tasks, further ones are rejected.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(name: &str, capacity: usize) -> io::Result<Self> {
        let (queue, tasks) = sync_channel(capacity);
        thread::Builder::new().name(name.to_owned()).spawn(move || run(&tasks))?;
        Ok(Self { queue })
    }

    /// What `task` returns.
    ///
    /// # Errors
    /// `OVERLOADED`, at once, when too many are waiting; `INTERNAL` when the task panics.
    pub async fn run<T: Send + 'static>(&self, task: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let (answer, result) = oneshot::channel();
        let task = Box::new(move || {
            if !answer.is_closed() {
                drop(answer.send(task()));
            }
        });
        self.queue.try_send(task).map_err(|error| match error {
            TrySendError::Full(_) => ErrorCode::Overloaded,
            TrySendError::Disconnected(_) => ErrorCode::Internal,
        })?;
        result.await.map_err(|_| ErrorCode::Internal.into())
    }
}

fn run(tasks: &Receiver<Task>) {
    lower();
    for task in tasks {
        if catch_unwind(AssertUnwindSafe(task)).is_err() {
            tracing::error!("a task of low priority panicked");
        }
    }
}

/// Gives this thread nice 19, so that reads stay fast while it computes. Only Linux has this per thread.
pub fn lower() {
    if cfg!(target_os = "linux")
        && let Err(error) = rustix::process::setpriority_process(None, 19)
    {
        tracing::warn!(%error, "a thread runs at normal priority");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_full_queue_rejects_at_once_and_a_panic_ends_nothing() {
        let worker = Worker::start("test", 1).unwrap();
        assert_eq!(
            worker.run(|| panic!("a panic that the test wants")).await,
            Err::<(), _>(ErrorCode::Internal.into())
        );
        let (release, wait) = mpsc::channel::<()>();
        let (started, is_started) = oneshot::channel();
        let held = worker.run(move || {
            started.send(()).unwrap();
            wait.recv().unwrap();
            rustix::process::getpriority_process(None).unwrap()
        });
        let waiting = async {
            is_started.await.unwrap();
            let waiting = worker.run(|| 1);
            let rejected = async {
                // The one before is polled first, and takes the only place.
                let outcome = worker.run(|| 2).await;
                release.send(()).unwrap();
                outcome
            };
            tokio::join!(waiting, rejected)
        };
        let (nice, (second, third)) = tokio::join!(held, waiting);
        assert_eq!(second, Ok(1));
        assert_eq!(third, Err(ErrorCode::Overloaded.into()));
        if cfg!(target_os = "linux") {
            assert_eq!(nice, Ok(19));
        }
    }
}
