//! Rate limits that hold across instances and restarts: one leaky bucket in the database for each
//! subject (the generic cell rate algorithm).

use sqlx::PgPool;

use super::database::{Database, with_retries};
use super::random::sha256;
use super::sweep::SweepGuard;
use crate::model::error::ApiError;

/// So many at once, and then one more each time the period has passed.
#[derive(Debug)]
pub struct Limit {
    /// Tells the buckets of different limits apart; lasts as long as the buckets.
    pub name: &'static str,
    pub burst: u32,
    pub period_ms: u32,
}

/// A limit for each of the nested networks that a client is in: an IPv4 address, or a /64, /56, /48 and /32.
/// Providers give their customers networks of any of these sizes.
pub type NetworkLimits = [Limit; 4];

/// A limit by client, where many clients share the wider networks: each may do four times what the one inside
/// it may.
pub const fn by_network(name: &'static str, burst: u32, period_ms: u32) -> NetworkLimits {
    [
        Limit { name, burst, period_ms },
        Limit { name, burst: burst * 4, period_ms: period_ms / 4 },
        Limit { name, burst: burst * 16, period_ms: period_ms / 16 },
        Limit { name, burst: burst * 64, period_ms: period_ms / 64 },
    ]
}

/// What one subject has left of a limit.
#[derive(Clone, Debug)]
pub struct Bucket {
    limit: &'static Limit,
    subject: String,
}

impl Bucket {
    pub fn new(limit: &'static Limit, subject: impl Into<String>) -> Self {
        Self { limit, subject: subject.into() }
    }

    /// Those of a client, given its networks, the narrowest first. What is counted of the client is told by
    /// `about`.
    pub fn of_networks(limits: &'static [Limit], networks: &[String], about: &str) -> Vec<Self> {
        limits.iter().zip(networks).map(|(limit, network)| Self::new(limit, format!("{about}\0{network}"))).collect()
    }

    /// Hashed, so that the table contains no addresses.
    fn key(&self) -> Vec<u8> {
        sha256(format!("{}\0{}", self.limit.name, self.subject).as_bytes())
    }
}

/// What is left of a limit.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    pub limit: &'static Limit,
    /// Requests that would pass at once.
    pub remaining: u32,
    /// Seconds until the whole burst is there again.
    pub reset_seconds: u32,
    /// Seconds until the next one passes; `None` when one passes now.
    pub retry_after_seconds: Option<u32>,
}

/// Whether a request was counted against all of its limits, or against none.
#[derive(Debug)]
pub struct Taken {
    pub all: bool,
    /// Of each bucket, in their order; none when limits are off.
    pub quotas: Vec<Quota>,
}

impl Taken {
    /// The quota that a caller should know: the last to open again, or the one with the least left.
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
    on: bool,
}

impl RateLimits {
    pub const fn new(database: Database, on: bool) -> Self {
        Self { database, on }
    }

    /// Takes one from each of the buckets if none of them is empty. A request that is refused costs one
    /// statement that writes nothing.
    pub async fn take(&self, buckets: &[Bucket]) -> Result<Taken, ApiError> {
        if !self.on {
            return Ok(Taken { all: true, quotas: Vec::new() });
        }
        // A bucket is the time at which it will be full again. Rows are locked in the order of their keys.
        // Between the look and the insertion, others may empty a bucket: it alone is not taken from then.
        let statement = "
             WITH asked AS (
                 SELECT * FROM unnest($1::bytea[], $2::float8[], $3::float8[]) WITH ORDINALITY
                     AS asked (subject_hash, period, burst, place)),
             look AS (
                 SELECT bool_and(coalesce(r.full_at, now()) <= now() + make_interval(secs => period * (burst - 1))) AS open
                 FROM asked LEFT JOIN users.rate_limits r USING (subject_hash)),
             taken AS (
                 INSERT INTO users.rate_limits AS bucket (subject_hash, full_at)
                 SELECT subject_hash, now() + make_interval(secs => period) FROM asked, look
                 WHERE open ORDER BY subject_hash
                 ON CONFLICT (subject_hash) DO UPDATE
                 SET full_at = greatest(bucket.full_at, now()) + (excluded.full_at - now())
                 WHERE bucket.full_at <= now() + (excluded.full_at - now())
                     * (SELECT burst - 1 FROM asked WHERE asked.subject_hash = bucket.subject_hash)
                 RETURNING subject_hash, full_at)
             SELECT t.full_at IS NOT NULL, extract(epoch FROM
                 CASE WHEN t.full_at IS NOT NULL THEN t.full_at - now()
                      WHEN open THEN make_interval(secs => period * burst)
                      ELSE greatest(coalesce(r.full_at, now()) - now(), interval '0')
                 END)::float8
             FROM look, asked
             LEFT JOIN taken t USING (subject_hash) LEFT JOIN users.rate_limits r USING (subject_hash)
             ORDER BY place";
        let (keys, periods) = (keys(buckets), periods(buckets));
        let bursts: Vec<_> = buckets.iter().map(|bucket| f64::from(bucket.limit.burst)).collect();
        let take = || sqlx::query_as(statement).bind(&keys).bind(&periods).bind(&bursts).fetch_all(&*self.database);
        let rows: Vec<(bool, f64)> = self.database.write(take).await?;
        let quotas = buckets.iter().zip(&rows).map(|(bucket, (taken, full))| Quota::new(bucket.limit, *taken, *full));
        let outcome = Taken { all: rows.iter().all(|(taken, _)| *taken), quotas: quotas.collect() };
        if !outcome.all {
            let taken = buckets.iter().zip(&rows).filter(|(_, (taken, _))| *taken).map(|(bucket, _)| bucket.clone());
            self.refund(&taken.collect::<Vec<_>>()).await?;
        }
        Ok(outcome)
    }

    /// Gives one back to each of the buckets.
    pub async fn refund(&self, buckets: &[Bucket]) -> Result<(), ApiError> {
        if !self.on || buckets.is_empty() {
            return Ok(());
        }
        let statement = "
             WITH given AS (
                 SELECT r.subject_hash, period FROM unnest($1::bytea[], $2::float8[]) AS given (subject_hash, period)
                 JOIN users.rate_limits r USING (subject_hash) ORDER BY r.subject_hash FOR UPDATE OF r)
             UPDATE users.rate_limits bucket SET full_at = full_at - make_interval(secs => period)
             FROM given WHERE bucket.subject_hash = given.subject_hash";
        let (keys, periods) = (keys(buckets), periods(buckets));
        self.database.write(|| sqlx::query(statement).bind(&keys).bind(&periods).execute(&*self.database)).await?;
        Ok(())
    }

    /// Fills the bucket.
    pub async fn reset(&self, bucket: &Bucket) -> Result<(), ApiError> {
        if self.on {
            let (statement, key) = ("DELETE FROM users.rate_limits WHERE subject_hash = $1", bucket.key());
            self.database.write(|| sqlx::query(statement).bind(&key).execute(&*self.database)).await?;
        }
        Ok(())
    }
}

/// Pages of the table that one statement looks at: about a thousand rows.
const SWEPT_PAGES: i64 = 16;

/// Deletes the buckets that are full again, page by page. There is no index on the time: every request that a limit counts would pay
/// for it, and an hourly pass over the table is cheap.
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
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds and counts, not below 0")]
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
