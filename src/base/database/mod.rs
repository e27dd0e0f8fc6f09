//! Database access for operations: a pool with limits, retried writes, and errors as callers see them.

mod clock;
mod cutoff;
pub mod error;
pub mod lsn;
pub mod pool;
pub mod pooler;
pub mod probe;
mod replicas;
mod retry;

use std::ops::Deref;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Postgres, Transaction};
use time::OffsetDateTime;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::clock::Clock;
use self::cutoff::ConnectionCutoff;
pub use self::error::violated_constraint;
use self::error::{MaybeDatabaseError, is_read_only};
use self::lsn::Lsn;
use self::pool::Pool;
use self::probe::{DatabaseStatus, Probe};
pub use self::replicas::MAX_LAG;
use self::replicas::Replicas;
pub use self::retry::with_retries;
use crate::base::current_request::ForRequest as _;
use crate::model::error::{ApiError, ErrorCode};

/// PostgreSQL ends a session that stays idle in a transaction for this long.
const IDLE_IN_TRANSACTION: (&str, &str) = ("idle_in_transaction_session_timeout", "10s");
/// The statements are written for this level, whatever the server's default is.
const ISOLATION: (&str, &str) = ("default_transaction_isolation", "read committed");
/// How often a read-only database is checked.
const RECOVERY_INTERVAL: Duration = Duration::from_millis(250);
/// Longest time for a read from a replica. After that, the primary is asked.
const REPLICA_READ_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a write may wait for a permit, over all attempts. It holds no resources while it waits, so this is longer
/// than the wait for a connection. Many writes to the same row, such as a rate limit's, queue up here.
const WRITE_QUEUE_TIMEOUT: Duration = Duration::from_secs(6);

/// How much of PostgreSQL one instance may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections, at least 2. Writes use at most half of them at once.
    pub connections: u32,
    /// Longest wait for a connection.
    pub acquire: Duration,
    /// Longest wait for a row or table lock. After that, a write returns its connection and retries.
    pub lock: Duration,
    /// Longest time for a statement, including its waits.
    pub statement: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Far fewer are enough to keep two cores of PostgreSQL busy.
            connections: 20,
            acquire: Duration::from_secs(2),
            lock: Duration::from_millis(250),
            statement: Duration::from_secs(5),
        }
    }
}

/// Where the service finds its database.
#[derive(Clone, Debug)]
pub struct Servers {
    /// The primary, or a pooler in front of it.
    pub primary: PgConnectOptions,
    /// Whether `primary` leads to a pooler. A pooler rejects or ignores settings of a connection, so that the role has
    /// to have them.
    pub is_pooled: bool,
    /// Streaming replicas of the primary.
    pub replicas: Vec<PgConnectOptions>,
}

/// A server that serves a read.
#[derive(Clone, Debug)]
pub struct Reader {
    pool: Pool,
    index: usize,
}

impl Reader {
    /// Its place among [`Database::readers`].
    pub const fn index(&self) -> usize {
        self.index
    }
}

impl Deref for Reader {
    type Target = Pool;

    fn deref(&self) -> &Pool {
        &self.pool
    }
}

/// The pool for all requests. Reads take a connection as from any pool, or go through [`Self::read`] if they may be a
/// moment old. Writes go through [`Self::write`], so that writes that wait for each other leave connections for other
/// requests.
#[derive(Clone, Debug)]
pub struct Database(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pool: Pool,
    writers: Semaphore,
    probe: Probe,
    cutoff: Arc<ConnectionCutoff>,
    read_only: Notify,
    replicas: Arc<Replicas>,
    clock: Clock,
}

impl Deref for Database {
    type Target = Pool;

    fn deref(&self) -> &Pool {
        &self.0.pool
    }
}

impl Database {
    /// Connects to a single server, without a pooler or replicas.
    pub async fn connect(
        primary: &PgConnectOptions,
        limits: Limits,
        shutdown: CancellationToken,
    ) -> sqlx::Result<Self> {
        let servers = Servers { primary: primary.clone(), is_pooled: false, replicas: Vec::new() };
        Self::connect_to(servers, limits, shutdown).await
    }

    /// Connects. Until `shutdown`, replaces all connections after a failover, and follows the database's clock.
    pub async fn connect_to(servers: Servers, limits: Limits, shutdown: CancellationToken) -> sqlx::Result<Self> {
        let cutoff = Arc::new(ConnectionCutoff::new());
        let timeout = |name, limit: Duration| (name, format!("{}ms", limit.as_millis()));
        let configure = |options: PgConnectOptions| {
            options
                .options([IDLE_IN_TRANSACTION, ISOLATION])
                .options([timeout("lock_timeout", limits.lock), timeout("statement_timeout", limits.statement)])
        };
        let options = if servers.is_pooled { servers.primary } else { configure(servers.primary) };
        let pool = PgPoolOptions::new().max_connections(limits.connections).acquire_timeout(limits.acquire);
        let pool = Pool::new(pool, options.clone(), Arc::clone(&cutoff));
        tokio::spawn(shutdown.clone().run_until_cancelled_owned(pool.clone().return_kept()));
        let replicas = servers.replicas.into_iter().map(configure).collect();
        let clock = Clock::read(&pool).await?;
        let database = Self(Arc::new(Shared {
            replicas: Replicas::start(replicas, pool.clone(), limits.connections, shutdown.clone()),
            pool,
            writers: Semaphore::new((limits.connections / 2).max(1) as usize),
            // Named, so that operators can distinguish it from the pool.
            probe: Probe::new(options.application_name("kith health")),
            cutoff,
            read_only: Notify::new(),
            clock,
        }));
        let following = database.0.clock.clone().follow(database.0.pool.clone());
        tokio::spawn(shutdown.clone().run_until_cancelled_owned(following));
        tokio::spawn(database.clone().watch_for_failover(shutdown));
        Ok(database)
    }

    /// Whether reads can go to replicas.
    pub fn has_replicas(&self) -> bool {
        !self.0.replicas.is_empty()
    }

    /// The servers that a read may run on: the primary, then the replicas.
    pub fn readers(&self) -> impl Iterator<Item = &Pool> {
        std::iter::once(&self.0.pool).chain(self.0.replicas.pools())
    }

    /// Runs a read that may be a moment old, on a replica that has replayed up to `position`. If there is none, or it
    /// fails, the read runs on the primary.
    pub async fn read<T, F>(&self, position: Lsn, run: impl Fn(Reader) -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let primary = Reader { pool: self.0.pool.clone(), index: 0 };
        if self.0.replicas.is_empty() {
            return run(primary).await;
        }
        if let Some((index, replica)) = self.0.replicas.find(position) {
            let reader = Reader { pool: replica.pool.clone(), index: index + 1 };
            match tokio::time::timeout(REPLICA_READ_TIMEOUT, run(reader)).await {
                Ok(Err(error)) if matches!(error.code, ErrorCode::Overloaded | ErrorCode::Internal) => {}
                Ok(outcome) => {
                    counter!("db_reads_total", "server" => "replica").increment(1);
                    return outcome;
                }
                Err(_) => tracing::warn!(replica = replica.name, "a replica did not respond in time"),
            }
            replica.leave_out();
        }
        counter!("db_reads_total", "server" => "primary").increment(1);
        run(primary).await
    }

    /// Returns a position in the log after everything that was committed before the call, or `None` without replicas.
    /// If it cannot be determined, no replica has reached it.
    pub async fn position(&self) -> Option<Lsn> {
        if self.0.replicas.is_empty() {
            return None;
        }
        Some(replicas::current(&self.0.pool).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot determine the position of a write");
            Lsn::MAX
        }))
    }

    /// The time by the database's clock, which decides what has expired. `now()` in a statement is the same clock.
    pub fn now(&self) -> OffsetDateTime {
        self.0.clock.now()
    }

    /// Runs an operation that changes rows. If another transaction interferes, `run` is called again, for about 3 s.
    /// Writes use at most half of the connections at once.
    ///
    /// # Errors
    /// The error of the last attempt. `PoolTimedOut` if too many writes are waiting.
    pub async fn write<T, E: MaybeDatabaseError, F: Future<Output = Result<T, E>>>(
        &self,
        run: impl Fn() -> F,
    ) -> Result<T, E> {
        let (run, deadline) = (&run, Instant::now() + WRITE_QUEUE_TIMEOUT);
        let outcome = with_retries(|| async move {
            // Held while the operation runs, but not while it pauses.
            let permit = tokio::time::timeout_at(deadline, self.0.writers.acquire());
            let _permit = permit.await.map_err(|_| sqlx::Error::PoolTimedOut)?;
            run().await
        })
        .await;
        if let Err(error) = &outcome
            && error.database_error().is_some_and(is_read_only)
        {
            self.0.read_only.notify_one();
        }
        outcome
    }

    /// Checks whether the database is reachable and writable, on a dedicated connection.
    pub async fn status(&self) -> DatabaseStatus {
        let status = self.0.probe.status().await;
        if status == DatabaseStatus::ReadOnly {
            self.0.read_only.notify_one();
        }
        status
    }

    /// When the database is read-only, waits until a new connection can write, then drops all others: they may lead to
    /// a server that has become a standby, and would stay read-only.
    async fn watch_for_failover(self, shutdown: CancellationToken) {
        let watch = async {
            loop {
                self.0.read_only.notified().await;
                tracing::warn!("the database is read-only: waiting for a writable one");
                while self.0.probe.status_on_new_connection().await != DatabaseStatus::Writable {
                    tokio::time::sleep(RECOVERY_INTERVAL).await;
                }
                self.0.cutoff.set_now();
                tracing::info!("the database is writable: replacing all connections");
                // Writes on old connections may have failed in the meantime.
                tokio::time::sleep(RECOVERY_INTERVAL).await;
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = watch => {}
        }
    }
}

/// A condition that always holds, for batches of background work. The commit does not hold its locks until it has
/// reached the disk or a standby. If the server fails before that, the batch is lost as a whole, and done again.
pub const WITHOUT_FLUSH: &str = "(SELECT set_config('synchronous_commit', 'off', true)) = 'off'";

/// Begins a transaction in a separate task, so that dropping the caller cannot interrupt it. sqlx tracks a transaction
/// only once PostgreSQL has responded: a future dropped between `BEGIN` and the response would leave the connection in
/// a transaction that nothing ends (transact-rs/sqlx#4393). Later writes on that connection would never be committed.
pub async fn begin(pool: &Pool) -> sqlx::Result<Transaction<'static, Postgres>> {
    let pool = pool.clone();
    let task = tokio::spawn(async move { pool.begin().await }.for_current_request());
    task.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(_) => sqlx::Error::WorkerCrashed,
    })?
}
