//! Leases: work that only one instance does at a time.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use super::database::with_retries;

/// The exclusive right to do some work, until it is released or expires.
pub struct Lease {
    pool: PgPool,
    name: &'static str,
    holder: Uuid,
    duration: Duration,
}

impl Lease {
    /// Acquires the lease `name` for `duration`. Returns `None` if another holder has it.
    pub async fn acquire(pool: &PgPool, name: &'static str, duration: Duration) -> sqlx::Result<Option<Self>> {
        let lease = Self { pool: pool.clone(), name, holder: Uuid::now_v7(), duration };
        Ok(lease.renew().await?.then_some(lease))
    }

    /// Extends the lease by its duration. Returns false if it had expired and another holder has it: the work must
    /// stop.
    pub async fn renew(&self) -> sqlx::Result<bool> {
        let statement = "
            INSERT INTO users.leases AS lease (name, holder, expires_at)
            VALUES ($1, $2, now() + make_interval(secs => $3))
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
            WHERE lease.holder = excluded.holder OR lease.expires_at < now()";
        let renew = || {
            let statement = sqlx::query(statement).bind(self.name).bind(self.holder);
            statement.bind(self.duration.as_secs_f64()).execute(&self.pool)
        };
        Ok(with_retries(renew).await?.rows_affected() == 1)
    }

    /// Releases the lease. If this fails, the lease expires on its own.
    pub async fn release(self) -> sqlx::Result<()> {
        let statement = "DELETE FROM users.leases WHERE name = $1 AND holder = $2";
        with_retries(|| sqlx::query(statement).bind(self.name).bind(self.holder).execute(&self.pool)).await?;
        Ok(())
    }
}
