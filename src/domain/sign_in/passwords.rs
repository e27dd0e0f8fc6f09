//! Hashing and checking passwords.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::available_parallelism;
use std::time::Instant;

use bcrypt_lanes::batch::{Digest, Job, Salt};
use bcrypt_lanes::format::{Stored, check_cost};
use bcrypt_lanes::pool::{Pool, PoolError};

use super::password::Password;
use crate::base::low_priority;
use crate::base::random;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::password::MAX_BYTES;

/// The highest cost that all checks are equalized to, unless the configured cost is higher. One hash of an absurd cost
/// must not slow down all sign-ins.
const MAX_EQUALIZED_COST: u32 = 14;

/// Jobs that may wait per core. At cost 12, a core runs 16 per second. Users would not wait for a longer queue.
const QUEUE_PER_CORE: usize = 64;

/// The cost of a hash that replaces a malformed one.
const UNUSABLE_COST: u32 = 12;

/// The one place where passwords are hashed and checked.
#[derive(Clone)]
pub struct Passwords {
    cost: u32,
    /// The highest cost among the stored hashes.
    highest: Arc<AtomicU32>,
    pool: Arc<Pool>,
}

/// The result of checking a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, but hashed at a cost other than the configured one, or before passwords were normalized.
    Outdated,
}

impl Passwords {
    /// Starts one thread per core. They exit when the last clone is dropped.
    ///
    /// # Errors
    /// If `cost` is not between 4 and 31, or if a thread cannot be started.
    pub fn new(cost: u32) -> anyhow::Result<Self> {
        let cores = available_parallelism().map_or(1, usize::from);
        let pool = Arc::new(Pool::start(cores, cores * QUEUE_PER_CORE, low_priority::lower)?);
        Ok(Self { cost: check_cost(cost)?, highest: Arc::new(AtomicU32::new(cost)), pool })
    }

    /// The number of passwords that wait to be hashed or checked.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.pool.depth()
    }

    /// Makes all further checks take as long as for a hash of this cost, if it is the highest so far. A cost above 14
    /// and above the configured cost is not equalized.
    pub fn raise_equalized_cost(&self, stored_cost: u32) {
        if stored_cost > self.cost.max(MAX_EQUALIZED_COST) {
            tracing::error!(
                cost = stored_cost,
                "a stored hash is too costly to be equalized: its account can be recognized by timing"
            );
        } else if self.highest.fetch_max(stored_cost, Ordering::Relaxed) < stored_cost {
            tracing::warn!(
                cost = stored_cost,
                "stored hashes cost more than the configured cost: all sign-ins take as long as these"
            );
        }
    }

    /// Hashes a new password, of at most 72 bytes.
    ///
    /// # Errors
    /// `OVERLOADED` when the queue is full.
    pub async fn hash(&self, password: &Password) -> Result<String, ApiError> {
        // bcrypt would truncate it silently. Validation should have rejected it.
        if password.normalized().len() > MAX_BYTES {
            tracing::error!("a password is longer than bcrypt accepts");
            return Err(ErrorCode::Internal.into());
        }
        let mut salt = Salt::default();
        random::fill(&mut salt)?;
        let digest = self.digest(self.cost, job(password.normalized(), salt, self.cost)).await?;
        Ok(Stored::new(self.cost, salt, digest).to_string())
    }

    /// Checks `password` against `hash`. The work is the same without a hash and for hashes of any cost: for each form
    /// of the password that is tried, one job with as many rounds as the costliest hash, new or stored.
    ///
    /// # Errors
    /// `OVERLOADED` when the queue is full.
    pub async fn verify(&self, password: &Password, hash: Option<&str>) -> Result<Verdict, ApiError> {
        let stored = hash.and_then(|hash| {
            Stored::parse(hash).inspect_err(|error| tracing::error!(%error, "a stored hash is malformed")).ok()
        });
        let (cost, salt) = stored.map_or((self.cost, Salt::default()), |stored| (stored.cost, stored.salt));
        self.raise_equalized_cost(cost);
        let work = self.highest.load(Ordering::Relaxed).max(cost);
        for (index, form) in password.forms().enumerate() {
            let digest = self.digest(work, job(form, salt, cost)).await?;
            let is_complete = form.len() <= MAX_BYTES;
            if is_complete && stored.is_some_and(|stored| stored.matches(&digest)) {
                let is_current = cost == self.cost && index == 0;
                return Ok(if is_current { Verdict::Right } else { Verdict::Outdated });
            }
        }
        Ok(Verdict::Wrong)
    }

    async fn digest(&self, work: u32, job: Job) -> Result<Digest, PoolError> {
        let started = Instant::now();
        let digest = self.pool.digest(work, job).await?;
        metrics::histogram!("password_hash_duration_seconds").record(started.elapsed());
        Ok(digest)
    }
}

/// Returns a hash that matches no password, for an account that must not be accessible with one: salt and digest are
/// random. It has the same cost as `old`, so that checking it takes the same time.
pub fn unusable_hash(old: &str) -> Result<String, ApiError> {
    let cost = Stored::parse(old).map_or(UNUSABLE_COST, |stored| stored.cost);
    let (mut salt, mut digest) = (Salt::default(), Digest::default());
    random::fill(&mut salt)?;
    random::fill(&mut digest)?;
    Ok(Stored::new(cost, salt, digest).to_string())
}

fn job(password: &str, salt: Salt, cost: u32) -> Job {
    Job { password: password.as_bytes().to_vec().into(), salt, cost }
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

    fn typed(password: &str) -> Password {
        Password::parse_typed(password.to_owned()).unwrap()
    }

    async fn verify(passwords: &Passwords, password: &str, hash: Option<&str>) -> Verdict {
        passwords.verify(&typed(password), hash).await.unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "the reference, at low cost")]
    #[tokio::test]
    async fn hashes_are_interchangeable_with_the_bcrypt_crate() {
        let passwords = Passwords::new(4).unwrap();
        let hash = passwords.hash(&typed(PASSWORD)).await.unwrap();
        assert!(hash.starts_with("$2b$04$"));
        assert!(bcrypt::verify(PASSWORD, &hash).unwrap());
        let hash = bcrypt::hash(PASSWORD, 4).unwrap();
        assert_eq!(verify(&passwords, PASSWORD, Some(&hash)).await, Verdict::Right);
        assert_eq!(verify(&passwords, "another", Some(&hash)).await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_matches_and_is_outdated() {
        let current = Passwords::new(5).unwrap();
        for cost in [4, 6] {
            let hash = Passwords::new(cost).unwrap().hash(&typed(PASSWORD)).await.unwrap();
            assert_eq!(verify(&current, PASSWORD, Some(&hash)).await, Verdict::Outdated, "{cost}");
            assert_eq!(verify(&current, "another", Some(&hash)).await, Verdict::Wrong, "{cost}");
        }
        assert_eq!(current.highest.load(Ordering::Relaxed), 6);
    }

    #[tokio::test]
    async fn one_absurd_hash_does_not_slow_down_all_sign_ins() {
        let passwords = Passwords::new(4).unwrap();
        passwords.raise_equalized_cost(MAX_EQUALIZED_COST + 1);
        assert_eq!(passwords.highest.load(Ordering::Relaxed), 4);
    }

    #[expect(clippy::disallowed_methods, reason = "hashes as an older version stored them")]
    #[tokio::test]
    async fn a_hash_from_before_passwords_were_normalized_matches_and_is_outdated() {
        let (nfc, nfd) = ("Am\u{e9}lie and Zo\u{eb}", "Ame\u{301}lie and Zoe\u{308}");
        let passwords = Passwords::new(4).unwrap();
        let raw = bcrypt::hash(nfd, 4).unwrap();
        assert_eq!(verify(&passwords, nfd, Some(&raw)).await, Verdict::Outdated);
        assert_eq!(verify(&passwords, nfc, Some(&raw)).await, Verdict::Wrong);
        let normalized = passwords.hash(&typed(nfd)).await.unwrap();
        for form in [nfc, nfd] {
            assert_eq!(verify(&passwords, form, Some(&normalized)).await, Verdict::Right);
        }
    }

    #[tokio::test]
    async fn two_hashes_of_one_password_differ() {
        let passwords = Passwords::new(4).unwrap();
        assert_ne!(passwords.hash(&typed(PASSWORD)).await, passwords.hash(&typed(PASSWORD)).await);
    }

    #[tokio::test]
    async fn a_missing_or_malformed_hash_never_matches() {
        let passwords = Passwords::new(4).unwrap();
        assert_eq!(verify(&passwords, PASSWORD, None).await, Verdict::Wrong);
        assert_eq!(verify(&passwords, PASSWORD, Some("nonsense")).await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn all_72_bytes_count_and_longer_passwords_are_rejected() {
        let passwords = Passwords::new(4).unwrap();
        let longest = "é".repeat(36);
        let hash = passwords.hash(&typed(&longest)).await.unwrap();
        assert_eq!(verify(&passwords, &longest, Some(&hash)).await, Verdict::Right);
        assert_eq!(verify(&passwords, &format!("{}e", &longest[..70]), Some(&hash)).await, Verdict::Wrong);
        assert_eq!(verify(&passwords, &format!("{longest}e"), Some(&hash)).await, Verdict::Wrong);
        assert_eq!(passwords.hash(&typed(&format!("{longest}e"))).await.unwrap_err().code, ErrorCode::Internal);
    }

    #[tokio::test]
    async fn an_unusable_hash_costs_the_same_and_matches_no_password() {
        let passwords = Passwords::new(4).unwrap();
        let old = passwords.hash(&typed(PASSWORD)).await.unwrap();
        let unusable = unusable_hash(&old).unwrap();
        assert!(unusable.starts_with("$2b$04$") && unusable.len() == old.len());
        assert_eq!(verify(&passwords, PASSWORD, Some(&unusable)).await, Verdict::Wrong);
        assert!(unusable_hash("nonsense").unwrap().starts_with("$2b$12$"));
        assert_ne!(unusable_hash(&old), unusable_hash(&old));
    }

    #[test]
    fn a_cost_out_of_range_is_rejected() {
        assert!(Passwords::new(3).is_err());
        assert!(Passwords::new(32).is_err());
    }

    // Only Linux has per-thread priorities.
    #[cfg(target_os = "linux")]
    #[test]
    fn hashing_threads_run_at_the_lowest_priority() {
        let passwords = Passwords::new(4).unwrap();
        let threads = || std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let is_hashing = |thread: &std::fs::DirEntry| {
            std::fs::read_to_string(thread.path().join("comm")).is_ok_and(|name| name.starts_with("hash-"))
        };
        // The priority is the 17th field after the name.
        let nice = |thread: std::fs::DirEntry| -> Option<i32> {
            let stat = std::fs::read_to_string(thread.path().join("stat")).ok()?;
            stat.rsplit(") ").next()?.split(' ').nth(16)?.parse().ok()
        };
        let until = Instant::now() + std::time::Duration::from_secs(5);
        loop {
            let found: Vec<_> = threads().filter(is_hashing).filter_map(nice).collect();
            if !found.is_empty() && found.iter().all(|nice| *nice == 19) {
                return drop(passwords);
            }
            assert!(Instant::now() < until, "threads at normal priority: {found:?}");
        }
    }
}
