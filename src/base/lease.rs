//! Work that one instance does at a time.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use super::database::with_retries;

/// The right to do some work, until it is given back or not kept any more.
pub struct Lease {
    pool: PgPool,
    name: &'static str,
    holder: Uuid,
    time: Duration,
}

impl Lease {
    /// Takes the lease of this name for `time`, if no other holder has it.
    pub async fn acquire(pool: &PgPool, name: &'static str, time: Duration) -> sqlx::Result<Option<Self>> {
        let lease = Self { pool: pool.clone(), name, holder: Uuid::now_v7(), time };
        Ok(lease.renew().await?.then_some(lease))
    }

    /// Keeps it for the same time again. False when it had run out and another holder has it: then the
    /// work is to stop.
    pub async fn renew(&self) -> sqlx::Result<bool> {
        let statement = "
            INSERT INTO users.leases AS lease (name, holder, expires_at)
            VALUES ($1, $2, now() + make_interval(secs => $3))
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
            WHERE lease.holder = excluded.holder OR lease.expires_at < now()";
        let keep = || {
            let statement = sqlx::query(statement).bind(self.name).bind(self.holder);
            statement.bind(self.time.as_secs_f64()).execute(&self.pool)
        };
        Ok(with_retries(keep).await?.rows_affected() == 1)
    }

    /// Gives it back.
    ///
    /// # Errors
    /// Faults of the database; the lease then runs out by itself.
    pub async fn release(self) -> sqlx::Result<()> {
        let statement = "DELETE FROM users.leases WHERE name = $1 AND holder = $2";
        with_retries(|| sqlx::query(statement).bind(self.name).bind(self.holder).execute(&self.pool)).await?;
        Ok(())
    }
}
