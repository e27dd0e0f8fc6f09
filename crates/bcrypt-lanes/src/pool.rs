//! The threads that hash, one for each core.

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

/// Threads that hash what is asked of them. They end when the pool is dropped.
pub struct Pool {
    queue: Arc<Queue>,
}

impl Pool {
    /// Starts the threads, each of which calls `prepare` first. Beyond `capacity` waiting jobs, further ones are
    /// refused.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(threads: usize, capacity: usize, prepare: fn()) -> io::Result<Self> {
        Self::start_with(threads, capacity, prepare, hash_batch)
    }

    /// The same, with something else in bcrypt's place.
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

    /// The digest of one password, after 2^`work` rounds: jobs of the same work take the same time, whatever
    /// their costs. If a caller stops waiting before a thread takes the job, the job is dropped.
    ///
    /// # Errors
    /// `Overloaded`, at once, when too many are waiting.
    pub async fn digest(&self, work: u32, job: Job) -> Result<Digest, PoolError> {
        let (answer, digest) = oneshot::channel();
        self.queue.push(Request { work, job, answer }).map_err(|_| PoolError::Overloaded)?;
        digest.await.map_err(|_| PoolError::Panicked)
    }

    /// How many jobs wait.
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
        let (jobs, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|request| (request.job, request.answer)).unzip();
        let Ok(digests) = catch_unwind(|| compute(work, &jobs)) else {
            tracing::error!(jobs = jobs.len(), "hashing panicked");
            continue;
        };
        for (answer, digest) in answers.into_iter().zip(digests) {
            // Whoever went away meanwhile does not miss it.
            let _ = answer.send(digest);
        }
    }
}
