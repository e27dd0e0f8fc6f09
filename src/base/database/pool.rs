//! The connections to one server.
//!
//! sqlx tests each connection when it is returned, which costs as much as a small statement. Here, a connection whose
//! statement has ended well is kept for the next one, and only returned to sqlx, and thereby tested, once a second.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Connection as _, Describe, Either, Execute, Executor, PgConnection, PgPool, Postgres, SqlStr, Transaction};
use tokio::time::{Instant, timeout};

use super::cutoff::ConnectionCutoff;

/// A connection that was idle for longer than this is tested before it is used.
const TESTED_AFTER: Duration = Duration::from_millis(100);
/// How long a connection is kept from sqlx's pool, which tests connections and replaces old ones.
const KEPT_FOR: Duration = Duration::from_secs(1);
/// After how long a caller who waits is given another connection that is kept.
const HAND_OVER: Duration = Duration::from_millis(20);

/// A pool of connections, to which statements go directly. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pool: PgPool,
    cutoff: Arc<ConnectionCutoff>,
    kept: Mutex<Vec<Kept>>,
    /// Callers that wait for sqlx's pool. While there are any, no connection is kept from it.
    waiting: AtomicUsize,
}

#[derive(Debug)]
struct Kept {
    connection: PoolConnection<Postgres>,
    /// When it was taken from sqlx's pool.
    taken: Instant,
    idle_since: Instant,
}

/// A connection for one statement.
struct Lent {
    connection: PoolConnection<Postgres>,
    taken: Instant,
}

impl Pool {
    /// Connects when a connection is first needed, with these limits. Connections from before the cutoff are not used.
    pub fn new(limits: PgPoolOptions, server: PgConnectOptions, cutoff: Arc<ConnectionCutoff>) -> Self {
        let excluded = Arc::clone(&cutoff);
        let pool = limits
            .test_before_acquire(false)
            .before_acquire(move |connection, metadata| {
                let is_usable = !excluded.excludes(metadata.age);
                Box::pin(async move { Ok(is_usable && is_alive(connection, metadata.idle_for).await) })
            })
            .connect_lazy_with(server);
        Self::over(pool, cutoff)
    }

    fn over(pool: PgPool, cutoff: Arc<ConnectionCutoff>) -> Self {
        Self(Arc::new(Shared { pool, cutoff, kept: Mutex::default(), waiting: AtomicUsize::new(0) }))
    }

    /// Takes a connection for several statements.
    pub async fn acquire(&self) -> sqlx::Result<PoolConnection<Postgres>> {
        self.0.wait(self.0.pool.acquire()).await
    }

    /// Begins a transaction.
    #[expect(clippy::disallowed_methods, reason = "the only permitted call")]
    pub(super) async fn begin(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        self.0.wait(self.0.pool.begin()).await
    }

    /// Connections, in use or not.
    pub fn size(&self) -> usize {
        self.0.pool.size() as usize
    }

    /// Connections that are not in use.
    pub fn idle(&self) -> usize {
        self.0.pool.num_idle() + self.0.kept().len()
    }

    pub fn max_connections(&self) -> u32 {
        self.0.pool.options().get_max_connections()
    }

    /// Returns connections that have been kept too long to sqlx's pool, for as long as it runs.
    pub(super) async fn return_kept(self) {
        let mut interval = tokio::time::interval(KEPT_FOR);
        loop {
            interval.tick().await;
            // They are returned when they are dropped, after the lock.
            let returned: Vec<Kept> = self.0.kept().extract_if(.., |kept| !self.0.is_usable(kept)).collect();
            drop(returned);
        }
    }
}

/// For programs that use the connections for a short time. Statements that do not go through the new pool may wait
/// until it is dropped.
impl From<PgPool> for Pool {
    fn from(pool: PgPool) -> Self {
        Self::over(pool, Arc::new(ConnectionCutoff::new()))
    }
}

impl Shared {
    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_usable(&self, kept: &Kept) -> bool {
        kept.idle_since.elapsed() < TESTED_AFTER && self.may_keep(kept.taken)
    }

    fn may_keep(&self, taken: Instant) -> bool {
        taken.elapsed() < KEPT_FOR && !self.cutoff.excludes(taken.elapsed())
    }

    async fn lend(&self) -> sqlx::Result<Lent> {
        loop {
            let kept = self.kept().pop();
            match kept {
                Some(kept) if self.is_usable(&kept) => {
                    return Ok(Lent { connection: kept.connection, taken: kept.taken });
                }
                // Returned to sqlx's pool.
                Some(kept) => drop(kept),
                None => break,
            }
        }
        // Boxed, because opening a connection takes kilobytes, which would be moved with each statement.
        let connection = Box::pin(self.wait(self.pool.acquire())).await?;
        Ok(Lent { connection, taken: Instant::now() })
    }

    /// Keeps a connection whose statement has ended without an error.
    fn keep(&self, lent: Lent) {
        if !self.may_keep(lent.taken) {
            return;
        }
        let now = Instant::now();
        self.kept().push(Kept { connection: lent.connection, taken: lent.taken, idle_since: now });
        // A caller that waits since before the push has not seen this connection.
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.return_one();
        }
    }

    fn return_one(&self) {
        let returned = self.kept().pop();
        // After the lock.
        drop(returned);
    }

    /// Waits for what takes a connection from sqlx's pool.
    async fn wait<T>(&self, taken: impl Future<Output = T>) -> T {
        struct Waiting<'a>(&'a AtomicUsize);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waiting = Waiting(&self.waiting);
        // A statement that ends from now on sees the caller. Of those that are already kept, one is enough, and none if
        // sqlx has one, unless another caller is quicker.
        if self.pool.num_idle() == 0 {
            self.return_one();
        }
        let mut taken = pin!(taken);
        loop {
            match timeout(HAND_OVER, taken.as_mut()).await {
                Ok(taken) => return taken,
                Err(_) => self.return_one(),
            }
        }
    }
}

impl<'p> Executor<'p> for &'p Pool {
    type Database = Postgres;

    // All rows are read before the first is returned: every statement has few.
    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, sqlx::Result<Either<PgQueryResult, PgRow>>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let rows = async move {
            let mut lent = self.0.lend().await?;
            let rows: Vec<_> = lent.connection.fetch_many(query).try_collect().await?;
            self.0.keep(lent);
            Ok::<_, sqlx::Error>(stream::iter(rows.into_iter().map(Ok)))
        };
        stream::once(rows).try_flatten().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<PgRow>>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async move {
            let mut lent = self.0.lend().await?;
            let row = lent.connection.fetch_optional(query).await?;
            self.0.keep(lent);
            Ok(row)
        })
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [PgTypeInfo]) -> BoxFuture<'e, sqlx::Result<PgStatement>>
    where
        'p: 'e,
    {
        Box::pin(async move { self.acquire().await?.prepare_with(sql, parameters).await })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, sqlx::Result<Describe<Postgres>>>
    where
        'p: 'e,
    {
        Box::pin(async move { self.acquire().await?.describe(sql).await })
    }
}

/// Returns whether a pooled connection still works, as far as it can be known without a round trip for each statement.
async fn is_alive(connection: &mut PgConnection, idle_for: Duration) -> bool {
    idle_for < TESTED_AFTER || connection.ping().await.is_ok()
}
