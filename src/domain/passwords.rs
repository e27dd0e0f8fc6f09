//! Password hashing: bcrypt, off the async threads, as many at once as there are cores.
#![expect(clippy::disallowed_methods, reason = "here they are kept off the async threads")]

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;

use crate::model::credentials::PASSWORD_MAX_BYTES;
use crate::rest::error::{ApiError, ErrorCode};

/// Jobs that may wait for each core. At cost 12 a core does four in a second; whoever comes later
/// than this would wait longer than people do.
const QUEUE_PER_CORE: usize = 32;

/// The one place where passwords are hashed and checked.
#[derive(Clone)]
pub struct Passwords {
    cost: u32,
    /// Checked in place of the hash of an account that does not exist.
    dummy: Arc<str>,
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

impl Passwords {
    /// Computes one hash, so it takes as long as that.
    ///
    /// # Errors
    /// When `cost` is not 4 to 31.
    pub fn new(cost: u32) -> Result<Self, bcrypt::BcryptError> {
        let cores = available_parallelism().map_or(1, usize::from);
        Ok(Self {
            cost,
            dummy: bcrypt::hash("the password of nobody", cost)?.into(),
            running: Arc::new(Semaphore::new(cores)),
            admitted: Arc::new(Semaphore::new(cores * QUEUE_PER_CORE)),
        })
    }

    /// Hashes a new password, of at most 72 bytes.
    ///
    /// # Errors
    /// `OVERLOADED` when the queue is full.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        let cost = self.cost;
        self.run(move || bcrypt::non_truncating_hash(password, cost)).await?.map_err(|error| {
            tracing::error!(%error, "bcrypt");
            ErrorCode::Internal.into()
        })
    }

    /// Whether `password` belongs to `hash`. Without a hash the answer is no, after the same work.
    ///
    /// # Errors
    /// `OVERLOADED` when the queue is full.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        let known = hash.is_some() && password.len() <= PASSWORD_MAX_BYTES;
        let hash = hash.map_or_else(|| self.dummy.clone(), Into::into);
        let matches = self.run(move || bcrypt::verify(password, &hash)).await?.unwrap_or_else(|error| {
            tracing::error!(%error, "bcrypt");
            false
        });
        Ok(matches && known)
    }

    async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let overloaded = |_| ApiError::from(ErrorCode::Overloaded);
        let _admitted = self.admitted.clone().try_acquire_owned().map_err(overloaded)?;
        let running = self.running.clone().acquire_owned().await.map_err(|_| ApiError::from(ErrorCode::Internal))?;
        // The permit moves into the job: a caller that goes away does not stop it.
        let job = move || {
            let result = job();
            drop(running);
            result
        };
        tokio::task::spawn_blocking(job).await.map_err(|error| {
            tracing::error!(%error, "hashing");
            ErrorCode::Internal.into()
        })
    }
}
