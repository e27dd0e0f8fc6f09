//! Leases: work that only one instance does at a time.

use std::time::Duration;

use uuid::Uuid;

use super::database::with_retries;
use crate::base::database::pool::Pool;

/// The exclusive right to do some work, until it is released or expires.
pub struct Lease {
    pool: Pool,
    name: &'static str,
    holder: Uuid,
    duration: Duration,
}

impl Lease {
    /// Acquires the lease `name` for `duration`. Returns `None` if another holder has it.
    pub async fn acquire(pool: &Pool, name: &'static str, duration: Duration) -> sqlx::Result<Option<Self>> {
        let lease = Self { pool: pool.clone(), name, holder: Uuid::now_v7(), duration };
        Ok(lease.renew().await?.then_some(lease))
    }

    /// Extends the lease by its duration. Returns false if it had expired and another holder has it: the work must
    /// stop.
    pub async fn renew(&self) -> sqlx::Result<bool> {
        let renewal = "UPDATE users.leases SET holder = $2, expires_at = now() + make_interval(secs => $3)
                       WHERE name = $1 AND (holder = $2 OR expires_at < now())";
        // Not in one statement: on a distributed table, `ON CONFLICT … WHERE` must not depend on the time.
        let first = "INSERT INTO users.leases (name, holder, expires_at)
                     VALUES ($1, $2, now() + make_interval(secs => $3)) ON CONFLICT (name) DO NOTHING";
        Ok(self.write(renewal).await? || self.write(first).await?)
    }

    /// Returns whether the statement has changed the lease.
    async fn write(&self, statement: &'static str) -> sqlx::Result<bool> {
        let write = || {
            let statement = sqlx::query(statement).bind(self.name).bind(self.holder);
            statement.bind(self.duration.as_secs_f64()).execute(&self.pool)
        };
        Ok(with_retries(write).await?.rows_affected() == 1)
    }

    /// Releases the lease. If this fails, the lease expires on its own.
    pub async fn release(self) -> sqlx::Result<()> {
        let statement = "DELETE FROM users.leases WHERE name = $1 AND holder = $2";
        with_retries(|| sqlx::query(statement).bind(self.name).bind(self.holder).execute(&self.pool)).await?;
        Ok(())
    }
}
