//! Rate limits that apply across instances and restarts: one leaky bucket per subject in the database (generic cell
//! rate algorithm).

use sqlx::PgPool;

use super::database::{Database, with_retries};
use super::random::sha256;
use super::sweep::SweepGuard;
use crate::model::error::ApiError;

/// Allows `burst` requests at once, then one more per period.
#[derive(Debug)]
pub struct Limit {
    /// Identifies the buckets of this limit. A new name starts with full buckets.
    pub name: &'static str,
    pub burst: u32,
    pub period_ms: u32,
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
        // A bucket is stored as the time when it will be full again. Rows are locked in key order. A concurrent
        // request may empty a bucket between the check and the insert: only that bucket is then not taken from.
        let statement = "
             WITH requested AS (
                 SELECT * FROM unnest($1::bytea[], $2::float8[], $3::float8[]) WITH ORDINALITY
                     AS requested (subject_hash, period, burst, ordinal)),
             checked AS (
                 SELECT bool_and(
                     coalesce(r.full_at, now()) <= now() + make_interval(secs => period * (burst - 1))) AS allowed
                 FROM requested LEFT JOIN users.rate_limits r USING (subject_hash)),
             taken AS (
                 INSERT INTO users.rate_limits AS bucket (subject_hash, full_at)
                 SELECT subject_hash, now() + make_interval(secs => period) FROM requested, checked
                 WHERE allowed ORDER BY subject_hash
                 ON CONFLICT (subject_hash) DO UPDATE
                 SET full_at = greatest(bucket.full_at, now()) + (excluded.full_at - now())
                 WHERE bucket.full_at <= now() + (excluded.full_at - now())
                     * (SELECT burst - 1 FROM requested WHERE requested.subject_hash = bucket.subject_hash)
                 RETURNING subject_hash, full_at)
             SELECT t.full_at IS NOT NULL, extract(epoch FROM
                 CASE WHEN t.full_at IS NOT NULL THEN t.full_at - now()
                      WHEN allowed THEN make_interval(secs => period * burst)
                      ELSE greatest(coalesce(r.full_at, now()) - now(), interval '0')
                 END)::float8
             FROM checked, requested
             LEFT JOIN taken t USING (subject_hash) LEFT JOIN users.rate_limits r USING (subject_hash)
             ORDER BY ordinal";
        let (keys, periods) = (keys(buckets), periods(buckets));
        let bursts: Vec<_> = buckets.iter().map(|bucket| f64::from(bucket.limit.burst)).collect();
        let take = || sqlx::query_as(statement).bind(&keys).bind(&periods).bind(&bursts).fetch_all(&*self.database);
        let rows: Vec<(bool, f64)> = self.database.write(take).await?;
        let quotas = buckets.iter().zip(&rows).map(|(bucket, (taken, full))| Quota::new(bucket.limit, *taken, *full));
        let decision = Decision { allowed: rows.iter().all(|(taken, _)| *taken), quotas: quotas.collect() };
        if !decision.allowed {
            let taken = buckets.iter().zip(&rows).filter(|(_, (taken, _))| *taken).map(|(bucket, _)| bucket.clone());
            self.refund(&taken.collect::<Vec<_>>()).await?;
        }
        Ok(decision)
    }

    /// Returns one to each bucket.
    pub async fn refund(&self, buckets: &[Bucket]) -> Result<(), ApiError> {
        if !self.enabled || buckets.is_empty() {
            return Ok(());
        }
        let statement = "
             WITH refunded AS (
                 SELECT r.subject_hash, period FROM unnest($1::bytea[], $2::float8[])
                     AS refunded (subject_hash, period)
                 JOIN users.rate_limits r USING (subject_hash) ORDER BY r.subject_hash FOR UPDATE OF r)
             UPDATE users.rate_limits bucket SET full_at = full_at - make_interval(secs => period)
             FROM refunded WHERE bucket.subject_hash = refunded.subject_hash";
        let (keys, periods) = (keys(buckets), periods(buckets));
        self.database.write(|| sqlx::query(statement).bind(&keys).bind(&periods).execute(&*self.database)).await?;
        Ok(())
    }

    /// Refills the bucket.
    pub async fn reset(&self, bucket: &Bucket) -> Result<(), ApiError> {
        if self.enabled {
            let (statement, key) = ("DELETE FROM users.rate_limits WHERE subject_hash = $1", bucket.key());
            self.database.write(|| sqlx::query(statement).bind(&key).execute(&*self.database)).await?;
        }
        Ok(())
    }
}

/// Table pages that one statement scans: about a thousand rows.
const SWEPT_PAGES: i64 = 16;

/// Deletes full buckets, page by page. There is no index on the time: it would cost every rate-limited request, and an
/// hourly scan of the table is cheap.
pub async fn sweep(pool: &PgPool, guard: &mut SweepGuard) -> sqlx::Result<()> {
    let pages = "SELECT pg_relation_size('users.rate_limits') / current_setting('block_size')::bigint";
    let pages: i64 = sqlx::query_scalar(pages).fetch_one(pool).await?;
    let statement = "
        DELETE FROM users.rate_limits WHERE subject_hash IN (
            SELECT subject_hash FROM users.rate_limits
            WHERE ctid >= format('(%s,0)', $1)::tid AND ctid < format('(%s,0)', $1 + $2)::tid AND full_at < now()
            FOR UPDATE SKIP LOCKED)";
    let mut first = 0;
    while first < pages {
        with_retries(|| sqlx::query(statement).bind(first).bind(SWEPT_PAGES).execute(pool)).await?;
        first += SWEPT_PAGES;
        if !guard.proceed().await? {
            break;
        }
    }
    Ok(())
}

fn keys(buckets: &[Bucket]) -> Vec<Vec<u8>> {
    buckets.iter().map(Bucket::key).collect()
}

/// In seconds.
fn periods(buckets: &[Bucket]) -> Vec<f64> {
    buckets.iter().map(|bucket| f64::from(bucket.limit.period_ms) / 1000.0).collect()
}

impl Quota {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds and counts, never negative")]
    fn new(limit: &'static Limit, taken: bool, seconds_to_full: f64) -> Self {
        let period = f64::from(limit.period_ms) / 1000.0;
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
