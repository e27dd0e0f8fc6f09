//! A low-priority thread with a bounded queue, for long computations that must not delay other work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::{io, thread};

use tokio::sync::oneshot;

use crate::model::error::{ApiError, ErrorCode};

type Task = Box<dyn FnOnce() + Send>;

/// The thread and its queue. The thread exits when this is dropped.
pub struct Worker {
    queue: SyncSender<Task>,
}

impl Worker {
    /// Starts a thread named `name`. While `capacity` tasks wait, further ones are rejected.
    pub fn start(name: &str, capacity: usize) -> io::Result<Self> {
        let (queue, tasks) = sync_channel(capacity);
        thread::Builder::new().name(name.to_owned()).spawn(move || run(&tasks))?;
        Ok(Self { queue })
    }

    /// Runs `task` on the thread and returns its result.
    ///
    /// # Errors
    /// `OVERLOADED`, without waiting, if the queue is full; `INTERNAL` if the task panics.
    pub async fn run<T: Send + 'static>(&self, task: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let (sender, result) = oneshot::channel();
        let task = Box::new(move || {
            if !sender.is_closed() {
                drop(sender.send(task()));
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
            tracing::error!("a low-priority task panicked");
        }
    }
}

/// Sets the nice value of this thread to 19, so that reads stay fast while it computes. Only Linux supports this per
/// thread.
pub fn lower() {
    if cfg!(target_os = "linux")
        && let Err(error) = rustix::process::setpriority_process(None, 19)
    {
        tracing::warn!(%error, "cannot lower the priority of a thread");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_full_queue_rejects_immediately_and_the_thread_survives_a_panic() {
        let worker = Worker::start("test", 1).unwrap();
        assert_eq!(worker.run(|| panic!("an intended panic")).await, Err::<(), _>(ErrorCode::Internal.into()));
        let (release, wait) = mpsc::channel::<()>();
        let (started, has_started) = oneshot::channel();
        let held = worker.run(move || {
            started.send(()).unwrap();
            wait.recv().unwrap();
            rustix::process::getpriority_process(None).unwrap()
        });
        let waiting = async {
            has_started.await.unwrap();
            let waiting = worker.run(|| 1);
            let rejected = async {
                // `waiting` is polled first and takes the only slot.
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
