//! Rate limits that hold across instances and restarts: one leaky bucket in the database for each
//! subject (the generic cell rate algorithm).

use sqlx::PgPool;

use super::random::sha256;
use crate::rest::error::ApiError;

/// So many at once, and then one more each time the period has passed.
#[derive(Debug)]
pub struct Limit {
    /// Tells the buckets of different limits apart; lasts as long as the buckets.
    pub name: &'static str,
    pub burst: u32,
    pub period_seconds: u32,
}

/// What is left of a limit.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    pub limit: &'static Limit,
    /// Requests that would pass at once.
    pub remaining: u32,
    /// Seconds until the whole burst is there again.
    pub reset_seconds: u32,
    /// Seconds until the next one passes; `None` when this one has.
    pub retry_after_seconds: Option<u32>,
}

/// Counts requests against limits, unless limits are off.
#[derive(Clone)]
pub struct RateLimits {
    pool: PgPool,
    on: bool,
}

impl RateLimits {
    pub const fn new(pool: PgPool, on: bool) -> Self {
        Self { pool, on }
    }

    /// Takes one from the bucket of `subject`, if it is not empty. `None` when limits are off.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn take(&self, limit: &'static Limit, subject: &str) -> Result<Option<Quota>, ApiError> {
        if !self.on {
            return Ok(None);
        }
        // A bucket is the time at which it will be full again. Where nothing is taken, that time is
        // read; a bucket that others have made and emptied since the statement began is not seen yet.
        let (taken, seconds_to_full): (bool, f64) = sqlx::query_as(
            "WITH taken AS (
                 INSERT INTO users.rate_limits AS bucket (subject_hash, full_at)
                 VALUES ($1, now() + make_interval(secs => $2))
                 ON CONFLICT (subject_hash) DO UPDATE
                 SET full_at = greatest(bucket.full_at, now()) + make_interval(secs => $2)
                 WHERE bucket.full_at <= now() + make_interval(secs => $2 * ($3 - 1))
                 RETURNING full_at)
             SELECT t.full_at IS NOT NULL,
                    extract(epoch FROM coalesce(t.full_at, r.full_at, now() + make_interval(secs => $2 * $3)) - now())::float8
             FROM (SELECT) one LEFT JOIN taken t ON true LEFT JOIN users.rate_limits r ON r.subject_hash = $1",
        )
        .bind(key(limit, subject))
        .bind(f64::from(limit.period_seconds))
        .bind(f64::from(limit.burst))
        .fetch_one(&self.pool)
        .await?;
        Ok(Some(Quota::new(limit, taken, seconds_to_full)))
    }

    /// Gives one back to the bucket of `subject`.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn give_back(&self, limit: &'static Limit, subject: &str) -> Result<(), ApiError> {
        if self.on {
            sqlx::query(
                "UPDATE users.rate_limits SET full_at = full_at - make_interval(secs => $2) WHERE subject_hash = $1",
            )
            .bind(key(limit, subject))
            .bind(f64::from(limit.period_seconds))
            .execute(&self.pool)
            .await?;
        }
        Ok(())
    }

    /// Fills the bucket of `subject`.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn forget(&self, limit: &'static Limit, subject: &str) -> Result<(), ApiError> {
        if self.on {
            sqlx::query("DELETE FROM users.rate_limits WHERE subject_hash = $1")
                .bind(key(limit, subject))
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }
}

/// Hashed, so that the table tells nobody's address.
fn key(limit: &Limit, subject: &str) -> Vec<u8> {
    sha256(format!("{}\0{subject}", limit.name).as_bytes())
}

impl Quota {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds and counts, not below 0")]
    fn new(limit: &'static Limit, taken: bool, seconds_to_full: f64) -> Self {
        let period = f64::from(limit.period_seconds);
        let free = period.mul_add(f64::from(limit.burst), -seconds_to_full);
        Self {
            limit,
            remaining: if taken { (free / period).max(0.0) as u32 } else { 0 },
            reset_seconds: seconds_to_full.max(0.0).ceil() as u32,
            retry_after_seconds: (!taken).then(|| (period - free).ceil().max(1.0) as u32),
        }
    }
}
