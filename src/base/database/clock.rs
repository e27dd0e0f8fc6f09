//! The database's clock: instances agree on the time, however wrong their own clocks are.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::pool::Pool;

/// How often the database is asked. After a failover, the time is that of the new server within this interval.
const INTERVAL: Duration = Duration::from_secs(30);
/// A difference between the clock of this machine and that of the database that operators should know about.
const REPORTED: time::Duration = time::Duration::seconds(10);

/// The time of the database when it was last asked, plus the time that has passed since. Clones share it.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    /// The database's time at `started`, in microseconds since 1970.
    origin: Arc<AtomicI64>,
}

impl Clock {
    /// Asks the database for the time.
    pub async fn read(pool: &Pool) -> sqlx::Result<Self> {
        let clock = Self { started: Instant::now(), origin: Arc::default() };
        clock.adjust(pool).await?;
        clock.report();
        Ok(clock)
    }

    /// The time now. It depends on no clock that an operator or NTP may set on this machine.
    pub fn now(&self) -> OffsetDateTime {
        let micros = self.origin.load(Ordering::Relaxed).saturating_add(self.elapsed());
        OffsetDateTime::UNIX_EPOCH + time::Duration::microseconds(micros)
    }

    /// Asks again every 30 s. While the database does not answer, the time goes on.
    pub async fn follow(self, pool: Pool) {
        loop {
            tokio::time::sleep(INTERVAL).await;
            let before = self.now();
            match self.adjust(&pool).await {
                Ok(()) if (self.now() - before).abs() > REPORTED => self.report(),
                Ok(()) => {}
                Err(error) => tracing::debug!(%error, "cannot read the database's clock, will retry"),
            }
        }
    }

    async fn adjust(&self, pool: &Pool) -> sqlx::Result<()> {
        // The wait for a connection must not count.
        let mut connection = pool.acquire().await?;
        let asked = self.elapsed();
        let time: OffsetDateTime = sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&mut *connection).await?;
        let elapsed = i64::midpoint(asked, self.elapsed());
        let micros = i64::try_from((time - OffsetDateTime::UNIX_EPOCH).whole_microseconds()).unwrap_or(i64::MAX);
        self.origin.store(micros.saturating_sub(elapsed), Ordering::Relaxed);
        Ok(())
    }

    fn report(&self) {
        let ahead = OffsetDateTime::now_utc() - self.now();
        if ahead.abs() > REPORTED {
            let seconds = ahead.whole_seconds();
            tracing::warn!(seconds, "the clock of this machine is ahead of the database's, or behind if negative");
        }
    }

    /// Microseconds since `started`.
    fn elapsed(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}
