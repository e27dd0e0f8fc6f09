//! The database as operations use it: connections with limits, writes that are run again, and what its
//! faults are to callers.

mod cutoff;
pub mod error;
pub mod probe;
mod retry;

use std::ops::Deref;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Postgres, Transaction};
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use self::cutoff::ConnectionCutoff;
pub use self::error::violated_constraint;
use self::error::{MaybeDatabaseError, is_read_only};
use self::probe::{DatabaseStatus, Probe};
pub use self::retry::with_retries;

/// What PostgreSQL does with a session that stays in a transaction without a statement: it ends it.
const IDLE_IN_TRANSACTION: (&str, &str) = ("idle_in_transaction_session_timeout", "10s");
/// What the statements are written for, whatever the server's default is.
const ISOLATION: (&str, &str) = ("default_transaction_isolation", "read committed");
/// Between two looks at a database that cannot be written to.
const RECOVERY_INTERVAL: Duration = Duration::from_secs(2);

/// How long a write waits for its turn, all attempts together. Nothing is held in this time, so it is
/// longer than the wait for a connection: many writes to one row, such as a limit's, take their turns.
const WRITE_QUEUE_TIMEOUT: Duration = Duration::from_secs(6);

/// How much of PostgreSQL one instance takes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections, at least 2. Half of them are the most that writes hold at one time.
    pub connections: u32,
    /// Longest wait for a connection.
    pub acquire: Duration,
    /// Longest wait for a row or a table. A write that has waited this long gives its connection back
    /// and tries again.
    pub lock: Duration,
    /// Longest time for a statement, its waits included.
    pub statement: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Two cores of PostgreSQL are busy with far fewer.
            connections: 20,
            acquire: Duration::from_secs(2),
            lock: Duration::from_millis(250),
            statement: Duration::from_secs(5),
        }
    }
}

/// The pool for everything that requests do. Reads take a connection as of any pool; writes go through
/// [`Self::write`], so that those that wait for each other leave connections for the others.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
    writers: Arc<Semaphore>,
    probe: Arc<Probe>,
    cutoff: Arc<ConnectionCutoff>,
    read_only: Arc<Notify>,
}

impl Deref for Database {
    type Target = PgPool;

    fn deref(&self) -> &PgPool {
        &self.pool
    }
}

impl Database {
    /// Connects, and watches until `shutdown` for a database that cannot be written to any more.
    ///
    /// # Errors
    /// When the database does not accept the first connection.
    pub async fn connect(
        options: &PgConnectOptions,
        limits: Limits,
        shutdown: CancellationToken,
    ) -> sqlx::Result<Self> {
        let cutoff = Arc::new(ConnectionCutoff::new());
        let timeout = |name, limit: Duration| (name, format!("{}ms", limit.as_millis()));
        let options = options
            .clone()
            .options([IDLE_IN_TRANSACTION, ISOLATION])
            .options([timeout("lock_timeout", limits.lock), timeout("statement_timeout", limits.statement)]);
        let pool = PgPoolOptions::new()
            .max_connections(limits.connections)
            .acquire_timeout(limits.acquire)
            .before_acquire({
                let cutoff = Arc::clone(&cutoff);
                move |_, connection| {
                    let good = !cutoff.excludes(connection.age);
                    Box::pin(async move { Ok(good) })
                }
            })
            .connect_with(options.clone())
            .await?;
        let database = Self {
            pool,
            writers: Arc::new(Semaphore::new((limits.connections / 2).max(1) as usize)),
            // Named, so that operators can tell it from the pool.
            probe: Arc::new(Probe::new(options.application_name("kith health"))),
            cutoff,
            read_only: Arc::default(),
        };
        tokio::spawn(database.clone().watch_for_failover(shutdown));
        Ok(database)
    }

    /// Runs an operation that changes rows, again while other transactions are in its way: at most half of
    /// the connections at one time, and for about 3 s. `run` starts from the beginning each time.
    ///
    /// # Errors
    /// What the last attempt ended with. `PoolTimedOut` when too many writes wait.
    pub async fn write<T, E: MaybeDatabaseError, F: Future<Output = Result<T, E>>>(
        &self,
        run: impl Fn() -> F,
    ) -> Result<T, E> {
        let (run, turn) = (&run, Instant::now() + WRITE_QUEUE_TIMEOUT);
        let outcome = with_retries(|| async move {
            // Held while the operation runs, not while it pauses.
            let place = tokio::time::timeout_at(turn, self.writers.acquire());
            let _place = place.await.map_err(|_| sqlx::Error::PoolTimedOut)?;
            run().await
        })
        .await;
        if let Err(error) = &outcome
            && error.database_error().is_some_and(is_read_only)
        {
            self.read_only.notify_one();
        }
        outcome
    }

    /// Whether the database answers, and takes writes. Uses a connection of its own.
    pub async fn status(&self) -> DatabaseStatus {
        let condition = self.probe.status().await;
        if condition == DatabaseStatus::ReadOnly {
            self.read_only.notify_one();
        }
        condition
    }

    /// Once the database was read-only: drops all connections when a new one can write, since the old
    /// ones may lead to a server that has become a standby, and would stay read-only.
    async fn watch_for_failover(self, shutdown: CancellationToken) {
        let watching = async {
            loop {
                self.read_only.notified().await;
                tracing::warn!("the database is read-only: looking for one that can be written to");
                while self.probe.status_now().await != DatabaseStatus::Writable {
                    tokio::time::sleep(RECOVERY_INTERVAL).await;
                }
                self.cutoff.set_now();
                tracing::info!("the database can be written to: all connections are renewed");
                // Writes on the old connections may have failed in between.
                tokio::time::sleep(RECOVERY_INTERVAL).await;
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = watching => {}
        }
    }
}

/// Begins a transaction in a task of its own, so that it has begun before the caller can be dropped. sqlx
/// counts a transaction once PostgreSQL has answered: a future that is dropped between `BEGIN` and the
/// answer would leave the connection in a transaction that nothing ends (transact-rs/sqlx#4393), and what
/// others write on that connection would never be committed.
pub async fn begin(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    let pool = pool.clone();
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
    let beginning = tokio::spawn(async move { pool.begin().await }.in_current_span());
    beginning.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(_) => sqlx::Error::WorkerCrashed,
    })?
}
