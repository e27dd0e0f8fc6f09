//! Rate limits that apply across instances and restarts: one leaky bucket per subject in the database (generic cell
//! rate algorithm).

use super::database::{Database, with_retries};
use super::random::sha256;
use super::sweep::{BATCH, SweepGuard};
use crate::base::database::pool::Pool;
use crate::model::error::ApiError;

/// Allows `burst` requests at once, then one more per period.
#[derive(Debug)]
pub struct Limit {
    /// Identifies the buckets of this limit. A new name starts with full buckets.
    pub name: &'static str,
    pub burst: u32,
    pub period_ms: u32,
}

impl Limit {
    /// In seconds.
    fn period(&self) -> f64 {
        f64::from(self.period_ms) / 1000.0
    }
}

/// One limit for each of a client's nested networks: an IPv4 address, or a /64, /56, /48 and /32. Providers assign
/// networks of all these sizes to their customers.
pub type NetworkLimits = [Limit; 4];

/// A limit per client. Many clients share the wider networks, so each network gets four times the limit of the one
/// inside it.
pub const fn by_network(name: &'static str, burst: u32, period_ms: u32) -> NetworkLimits {
    [
        Limit { name, burst, period_ms },
        Limit { name, burst: burst * 4, period_ms: period_ms / 4 },
        Limit { name, burst: burst * 16, period_ms: period_ms / 16 },
        Limit { name, burst: burst * 64, period_ms: period_ms / 64 },
    ]
}

/// The bucket of one subject under one limit.
#[derive(Clone, Debug)]
pub struct Bucket {
    limit: &'static Limit,
    subject: String,
}

impl Bucket {
    pub fn new(limit: &'static Limit, subject: impl Into<String>) -> Self {
        Self { limit, subject: subject.into() }
    }

    /// The buckets of a client with these networks, narrowest first. `about` separates different counts of the same
    /// client.
    pub fn of_networks(limits: &'static [Limit], networks: &[String], about: &str) -> Vec<Self> {
        limits.iter().zip(networks).map(|(limit, network)| Self::new(limit, format!("{about}\0{network}"))).collect()
    }

    /// Hashed, so that the table contains no email or IP addresses.
    fn key(&self) -> Vec<u8> {
        sha256(format!("{}\0{}", self.limit.name, self.subject).as_bytes())
    }
}

/// The remaining quota of a limit.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    pub limit: &'static Limit,
    /// Requests that are allowed now.
    pub remaining: u32,
    /// Seconds until the full burst is available.
    pub reset_seconds: u32,
    /// Seconds until the next request is allowed; `None` if one is allowed now.
    pub retry_after_seconds: Option<u32>,
}

/// Whether a request is allowed. It is counted against all of its limits or, if rejected, against none.
#[derive(Debug)]
pub struct Decision {
    pub allowed: bool,
    /// One per bucket, in the same order. Empty if limits are off.
    pub quotas: Vec<Quota>,
}

impl Decision {
    /// The quota to report to the caller: the one with the longest wait, or else the least remaining.
    #[must_use]
    pub fn tightest(&self) -> Option<Quota> {
        let order = |quota: &&Quota| (std::cmp::Reverse(quota.retry_after_seconds), quota.remaining);
        self.quotas.iter().min_by_key(order).copied()
    }
}

/// Counts requests against limits, unless limits are off.
#[derive(Clone)]
pub struct RateLimits {
    database: Database,
    enabled: bool,
}

impl RateLimits {
    pub const fn new(database: Database, enabled: bool) -> Self {
        Self { database, enabled }
    }

    /// Takes one from each bucket if none of them is empty. Rejecting a request costs one statement that writes
    /// nothing.
    pub async fn take(&self, buckets: &[Bucket]) -> Result<Decision, ApiError> {
        if !self.enabled {
            return Ok(Decision { allowed: true, quotas: Vec::new() });
        }
        // A bucket is stored as the time when it will be full again. In key order, so that rows are locked in the same
        // order by all requests (`migrations/0024_rate_buckets.sql`).
        let buckets = in_key_order(buckets);
        let keys: Vec<&[u8]> = buckets.iter().map(|bucket| &*bucket.key).collect();
        let periods: Vec<f64> = buckets.iter().map(|bucket| bucket.limit.period()).collect();
        let bursts: Vec<f64> = buckets.iter().map(|bucket| f64::from(bucket.limit.burst)).collect();
        let statement = "SELECT taken, seconds_to_full FROM users.take_quota($1, $2, $3)";
        let take = || sqlx::query_as(statement).bind(&keys).bind(&periods).bind(&bursts).fetch_all(&*self.database);
        let rows: Vec<(bool, f64)> = self.database.write(take).await?;
        let mut quotas: Vec<(usize, Quota)> = buckets
            .iter()
            .zip(&rows)
            .map(|(bucket, (taken, full))| (bucket.index, Quota::new(bucket.limit, *taken, *full)))
            .collect();
        quotas.sort_unstable_by_key(|(index, _)| *index);
        let quotas = quotas.into_iter().map(|(_, quota)| quota).collect();
        Ok(Decision { allowed: rows.iter().all(|(taken, _)| *taken), quotas })
    }

    /// Returns one to each bucket.
    pub async fn refund(&self, buckets: &[Bucket]) -> Result<(), ApiError> {
        if !self.enabled || buckets.is_empty() {
            return Ok(());
        }
        let buckets = in_key_order(buckets);
        let keys: Vec<&[u8]> = buckets.iter().map(|bucket| &*bucket.key).collect();
        let periods: Vec<f64> = buckets.iter().map(|bucket| bucket.limit.period()).collect();
        let statement = "SELECT users.refund_quota($1, $2)";
        self.database.write(|| sqlx::query(statement).bind(&keys).bind(&periods).execute(&*self.database)).await?;
        Ok(())
    }

    /// Refills the bucket.
    pub async fn reset(&self, bucket: &Bucket) -> Result<(), ApiError> {
        if self.enabled {
            let (statement, key) = ("DELETE FROM users.rate_buckets WHERE subject_hash = $1", bucket.key());
            self.database.write(|| sqlx::query(statement).bind(&key).execute(&*self.database)).await?;
        }
        Ok(())
    }
}

/// A bucket by its key, and where it is among those of the request.
struct Keyed {
    key: Vec<u8>,
    limit: &'static Limit,
    index: usize,
}

fn in_key_order(buckets: &[Bucket]) -> Vec<Keyed> {
    let keyed = |(index, bucket): (usize, &Bucket)| Keyed { key: bucket.key(), limit: bucket.limit, index };
    let mut keyed: Vec<Keyed> = buckets.iter().enumerate().map(keyed).collect();
    keyed.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    keyed
}

/// Deletes full buckets, in the order of their keys. There is no index on the time: it would cost every rate-limited
/// request, and an hourly scan of the table is cheap. Index: `rate_buckets_pkey`.
pub async fn sweep(pool: &Pool, guard: &mut SweepGuard) -> sqlx::Result<()> {
    let end = "SELECT subject_hash FROM users.rate_buckets WHERE subject_hash > $1 ORDER BY subject_hash
               OFFSET $2 LIMIT 1";
    let statement = "DELETE FROM users.rate_buckets
                     WHERE subject_hash > $1 AND ($2::bytea IS NULL OR subject_hash <= $2)
                         AND full_at < extract(epoch FROM now())::float8";
    let mut after = Vec::new();
    loop {
        let end: Option<Vec<u8>> = sqlx::query_scalar(end).bind(&after).bind(BATCH - 1).fetch_optional(pool).await?;
        with_retries(|| sqlx::query(statement).bind(&after).bind(&end).execute(pool)).await?;
        match end {
            Some(end) if guard.proceed().await? => after = end,
            _ => break,
        }
    }
    // What instances of versions before migration 0024 have left.
    let earlier = "DELETE FROM users.rate_limits WHERE full_at < now()";
    with_retries(|| sqlx::query(earlier).execute(pool)).await?;
    Ok(())
}

impl Quota {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds and counts, never negative")]
    fn new(limit: &'static Limit, taken: bool, seconds_to_full: f64) -> Self {
        let period = limit.period();
        let free = period.mul_add(f64::from(limit.burst), -seconds_to_full).max(0.0);
        let is_empty = !taken && free < period;
        Self {
            limit,
            remaining: (free / period) as u32,
            reset_seconds: seconds_to_full.max(0.0).ceil() as u32,
            retry_after_seconds: is_empty.then(|| (period - free).ceil().max(1.0) as u32),
        }
    }
}
