//! The worker threads that hash passwords.

use std::io;
use std::panic::RefUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::thread;

use tokio::sync::oneshot;

use super::batch::{Digest, Job, hash_batch};
use super::queue::{Queue, Request};

/// Why there is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    #[error("too many passwords are waiting to be hashed")]
    Overloaded,
    #[error("hashing panicked")]
    Panicked,
}

/// Worker threads that hash passwords. They exit when the pool is dropped.
pub struct Pool {
    queue: Arc<Queue>,
}

impl Pool {
    /// Starts the threads. Each calls `prepare` first. While `capacity` jobs are waiting, further ones are rejected.
    ///
    /// # Errors
    /// If the operating system cannot start a thread.
    pub fn start(threads: usize, capacity: usize, prepare: fn()) -> io::Result<Self> {
        Self::start_with(threads, capacity, prepare, hash_batch)
    }

    /// Like `start`, with another function in place of bcrypt.
    pub(crate) fn start_with<F>(threads: usize, capacity: usize, prepare: fn(), compute: F) -> io::Result<Self>
    where
        F: Fn(u32, &[Job]) -> Vec<Digest> + Clone + RefUnwindSafe + Send + 'static,
    {
        let pool = Self { queue: Arc::new(Queue::new(capacity)) };
        for index in 0..threads {
            let (queue, compute) = (pool.queue.clone(), compute.clone());
            thread::Builder::new().name(format!("hash-{index}")).spawn(move || run(&queue, prepare, &compute))?;
        }
        Ok(pool)
    }

    /// Returns the digest of one password after 2^`work` rounds. Jobs with the same `work` take the same time, whatever
    /// their costs. If the caller stops waiting before a thread takes the job, the job is dropped.
    ///
    /// # Errors
    /// `Overloaded`, immediately, if too many jobs are waiting.
    pub async fn digest(&self, work: u32, job: Job) -> Result<Digest, PoolError> {
        let (reply, digest) = oneshot::channel();
        self.queue.push(Request { work, job, reply }).map_err(|_| PoolError::Overloaded)?;
        digest.await.map_err(|_| PoolError::Panicked)
    }

    /// The number of waiting jobs.
    pub fn depth(&self) -> usize {
        self.queue.depth()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
    }
}

fn run(queue: &Queue, prepare: fn(), compute: &(impl Fn(u32, &[Job]) -> Vec<Digest> + RefUnwindSafe)) {
    prepare();
    while let Some(batch) = queue.take() {
        let Some(work) = batch.first().map(|request| request.work) else { continue };
        let (jobs, replies): (Vec<_>, Vec<_>) = batch.into_iter().map(|request| (request.job, request.reply)).unzip();
        let Ok(digests) = catch_unwind(|| compute(work, &jobs)) else {
            tracing::error!(jobs = jobs.len(), "hashing panicked");
            continue;
        };
        for (reply, digest) in replies.into_iter().zip(digests) {
            // The caller may have stopped waiting in the meantime.
            let _ = reply.send(digest);
        }
    }
}
