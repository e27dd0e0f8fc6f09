//! Hashing and checking passwords.

use std::sync::Arc;
use std::thread::available_parallelism;

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use super::bcrypt::batch::{Job, Salt};
use super::bcrypt::format::{Stored, check_cost};
use super::bcrypt::pool::{Pool, PoolError};
use crate::model::credentials::PASSWORD_MAX_BYTES;
use crate::rest::error::{ApiError, ErrorCode};

/// Jobs that may wait for each core. At cost 12 a core does 16 in a second; whoever comes later
/// than this would wait longer than people do.
const QUEUE_PER_CORE: usize = 64;

/// The one place where passwords are hashed and checked.
#[derive(Clone)]
pub struct Passwords {
    cost: u32,
    pool: Arc<Pool>,
}

/// What the check of a password found.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, but hashed at a lower cost than today's; here is a better hash.
    Outdated {
        hash: String,
    },
}

impl Passwords {
    /// Starts a thread for each core. They end with the last clone.
    ///
    /// # Errors
    /// When `cost` is not 4 to 31, or there are no threads to be had.
    pub fn new(cost: u32) -> anyhow::Result<Self> {
        let cores = available_parallelism().map_or(1, usize::from);
        Ok(Self { cost: check_cost(cost)?, pool: Arc::new(Pool::start(cores, cores * QUEUE_PER_CORE)?) })
    }

    /// How many passwords wait to be hashed or checked.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.pool.depth()
    }

    /// Hashes a new password, of at most 72 bytes.
    ///
    /// # Errors
    /// `OVERLOADED` when the queue is full.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        // bcrypt would cut it silently. Validation has answered that before.
        if password.len() > PASSWORD_MAX_BYTES {
            tracing::error!("a password longer than bcrypt takes");
            return Err(ErrorCode::Internal.into());
        }
        let mut salt = Salt::default();
        rand::fill(&mut salt).map_err(|_| {
            tracing::error!("the operating system gives no randomness");
            ApiError::from(ErrorCode::Internal)
        })?;
        let digest = self.pool.digest(self.cost, job(password, salt)).await?;
        Ok(Stored::new(self.cost, salt, digest).to_string())
    }

    /// Whether `password` belongs to `hash`. Without a hash the answer is no, after the same work; a
    /// wrong password at a lower cost than today's is topped up to the same work as well.
    ///
    /// # Errors
    /// `OVERLOADED` when the queue is full.
    pub async fn verify(&self, password: String, hash: Option<&str>) -> Result<Verdict, ApiError> {
        let stored = hash.and_then(|hash| {
            Stored::parse(hash).inspect_err(|error| tracing::error!(%error, "a stored hash is malformed")).ok()
        });
        let (cost, salt) = stored.map_or((self.cost, Salt::default()), |stored| (stored.cost, stored.salt));
        let whole = password.len() <= PASSWORD_MAX_BYTES;
        let digest = self.pool.digest(cost, job(password.clone(), salt)).await?;
        let right = whole && stored.is_some_and(|stored| stored.matches(&digest));
        if right && cost < self.cost {
            return Ok(Verdict::Outdated { hash: self.hash(password).await? });
        }
        if right {
            return Ok(Verdict::Right);
        }
        // 2^c rounds were done; those of c, c + 1, … make them as many as at today's cost.
        for more in cost..self.cost {
            self.pool.digest(more, job(String::new(), Salt::default())).await?;
        }
        Ok(Verdict::Wrong)
    }
}

fn job(password: String, salt: Salt) -> Job {
    Job { password: Zeroizing::new(password.into_bytes()), salt }
}

impl From<PoolError> for ApiError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Overloaded => ErrorCode::Overloaded.into(),
            PoolError::Panicked => ErrorCode::Internal.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "correct horse battery staple";

    async fn verify(passwords: &Passwords, password: &str, hash: Option<&str>) -> bool {
        passwords.verify(password.to_owned(), hash).await.unwrap() != Verdict::Wrong
    }

    #[expect(clippy::disallowed_methods, reason = "the reference, at low cost")]
    #[tokio::test]
    async fn a_hash_is_one_the_crate_takes_and_the_other_way_round() {
        let passwords = Passwords::new(4).unwrap();
        let hash = passwords.hash(PASSWORD.to_owned()).await.unwrap();
        assert!(hash.starts_with("$2b$04$"));
        assert!(bcrypt::verify(PASSWORD, &hash).unwrap());
        let hash = bcrypt::hash(PASSWORD, 5).unwrap();
        assert!(verify(&passwords, PASSWORD, Some(&hash)).await);
        assert!(!verify(&passwords, "another", Some(&hash)).await);
    }

    #[tokio::test]
    async fn a_right_password_is_hashed_anew_when_the_cost_was_raised() {
        let old = Passwords::new(4).unwrap().hash(PASSWORD.to_owned()).await.unwrap();
        let passwords = Passwords::new(6).unwrap();
        let Verdict::Outdated { hash } = passwords.verify(PASSWORD.to_owned(), Some(&old)).await.unwrap() else {
            panic!("not outdated")
        };
        assert!(hash.starts_with("$2b$06$"));
        assert_eq!(passwords.verify(PASSWORD.to_owned(), Some(&hash)).await.unwrap(), Verdict::Right);
        assert_eq!(passwords.verify("another".to_owned(), Some(&old)).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn two_hashes_of_one_password_differ() {
        let passwords = Passwords::new(4).unwrap();
        assert_ne!(passwords.hash(PASSWORD.to_owned()).await, passwords.hash(PASSWORD.to_owned()).await);
    }

    #[tokio::test]
    async fn nobody_and_nonsense_are_never_right() {
        let passwords = Passwords::new(4).unwrap();
        assert!(!verify(&passwords, PASSWORD, None).await);
        assert!(!verify(&passwords, PASSWORD, Some("nonsense")).await);
    }

    #[tokio::test]
    async fn all_72_bytes_count_and_no_more_are_taken() {
        let passwords = Passwords::new(4).unwrap();
        let longest = "é".repeat(36);
        let hash = passwords.hash(longest.clone()).await.unwrap();
        assert!(verify(&passwords, &longest, Some(&hash)).await);
        assert!(!verify(&passwords, &format!("{}e", &longest[..70]), Some(&hash)).await);
        assert!(!verify(&passwords, &format!("{longest}e"), Some(&hash)).await);
        assert_eq!(passwords.hash(format!("{longest}e")).await.unwrap_err().code, ErrorCode::Internal);
    }

    #[test]
    fn a_cost_that_is_none_is_refused() {
        assert!(Passwords::new(3).is_err());
        assert!(Passwords::new(32).is_err());
    }
}
