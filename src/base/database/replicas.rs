//! Streaming replicas: which of them a read may use.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use metrics::gauge;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::cutoff::ConnectionCutoff;
use super::lsn::Lsn;
use super::pool::Pool;

/// How often a replica is asked for its position.
const REPLICA_INTERVAL: Duration = Duration::from_millis(50);
/// How often the primary is asked for its position.
const PRIMARY_INTERVAL: Duration = Duration::from_millis(500);
/// Longest time for a response. A replica that does not respond in time is left out.
const POLL_TIMEOUT: Duration = Duration::from_millis(500);
/// A replica that has not replayed what the primary had written this long ago is left out.
pub const MAX_LAG: Duration = Duration::from_secs(5);
/// Longest wait for a connection to a replica. The primary serves the read instead.
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(250);

/// The replicas, and the position that each must have reached to be used at all.
#[derive(Debug)]
pub struct Replicas {
    all: Vec<Arc<Replica>>,
    /// Where the primary was [`MAX_LAG`] ago, or when it was first asked. Until then, no replica is used.
    required: AtomicU64,
    /// Spreads reads over the replicas.
    next: AtomicUsize,
}

/// A replica, and how far it is.
#[derive(Debug)]
pub struct Replica {
    /// Host and port, for logs and metrics.
    pub name: String,
    pub pool: Pool,
    options: PgConnectOptions,
    /// The position that it has replayed; 0 while it is left out.
    replayed: AtomicU64,
}

impl Replicas {
    /// Watches the replicas and the primary until `shutdown`.
    pub fn start(
        replicas: Vec<PgConnectOptions>,
        primary: Pool,
        connections: u32,
        shutdown: CancellationToken,
    ) -> Arc<Self> {
        let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT);
        let replicas = replicas.into_iter().map(|options| {
            Arc::new(Replica {
                name: format!("{}:{}", options.get_host(), options.get_port()),
                pool: Pool::new(pool.clone(), options.clone(), Arc::new(ConnectionCutoff::new())),
                options: options.application_name("kith replica position"),
                replayed: AtomicU64::new(0),
            })
        });
        let replicas =
            Arc::new(Self { all: replicas.collect(), required: AtomicU64::new(u64::MAX), next: AtomicUsize::new(0) });
        for replica in &replicas.all {
            tokio::spawn(shutdown.clone().run_until_cancelled_owned(replica.pool.clone().return_kept()));
            tokio::spawn(Arc::clone(replica).watch(shutdown.clone()));
        }
        if !replicas.all.is_empty() {
            tokio::spawn(Arc::clone(&replicas).watch_primary(primary, shutdown));
        }
        replicas
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.all.iter().map(|replica| &replica.pool)
    }

    /// Returns a replica that has replayed up to `position` and does not lag, if there is one, and its place among
    /// [`Self::pools`].
    pub fn find(&self, position: Lsn) -> Option<(usize, &Replica)> {
        let required = position.0.max(self.required.load(Ordering::Relaxed));
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let mut order = (0..self.all.len()).map(|index| start.wrapping_add(index) % self.all.len());
        let index = order.find(|index| self.all[*index].replayed.load(Ordering::Acquire) >= required)?;
        Some((index, &self.all[index]))
    }

    /// Keeps `required` at the position that the primary had [`MAX_LAG`] ago. While the primary is unreachable it stays
    /// where it is, so that replicas go on serving.
    async fn watch_primary(self: Arc<Self>, primary: Pool, shutdown: CancellationToken) {
        let watch = async {
            let mut history: VecDeque<(Instant, Lsn)> = VecDeque::new();
            let mut interval = tokio::time::interval(PRIMARY_INTERVAL);
            loop {
                interval.tick().await;
                let Ok(now) = current(&primary).await else { continue };
                // After a failover, the new primary may be behind what the old one had written.
                if history.back().is_none_or(|(_, last)| now < *last) {
                    history.clear();
                    self.required.store(now.0, Ordering::Relaxed);
                }
                history.push_back((Instant::now(), now));
                while let Some((at, position)) = history.front().copied()
                    && at.elapsed() >= MAX_LAG
                {
                    self.required.store(position.0, Ordering::Relaxed);
                    history.pop_front();
                }
                for replica in &self.all {
                    let is_used = replica.replayed.load(Ordering::Relaxed) >= self.required.load(Ordering::Relaxed);
                    gauge!("db_replica_used", "replica" => replica.name.clone()).set(u8::from(is_used));
                }
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = watch => {}
        }
    }
}

impl Replica {
    /// Leaves the replica out until it responds again.
    pub fn leave_out(&self) {
        self.replayed.store(0, Ordering::Release);
    }

    async fn watch(self: Arc<Self>, shutdown: CancellationToken) {
        let watch = async {
            let mut connection = None;
            let mut is_left_out = None;
            loop {
                let polled = tokio::time::timeout(POLL_TIMEOUT, self.poll(&mut connection)).await;
                let problem = match polled {
                    Ok(Ok(Some(position))) => {
                        self.replayed.store(position.0, Ordering::Release);
                        None
                    }
                    Ok(Ok(None)) => Some("it is not a standby".to_owned()),
                    Ok(Err(error)) => Some(error.to_string()),
                    Err(_) => Some("it did not respond in time".to_owned()),
                };
                if problem.is_some() {
                    connection = None;
                    self.leave_out();
                }
                // Logged when it changes.
                if is_left_out != Some(problem.is_some()) {
                    is_left_out = Some(problem.is_some());
                    if let Some(problem) = problem {
                        tracing::warn!(replica = self.name, problem, "a replica is left out");
                    } else {
                        tracing::info!(replica = self.name, "a replica serves reads");
                    }
                }
                tokio::time::sleep(REPLICA_INTERVAL).await;
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = watch => {}
        }
    }

    /// Returns how far the replica has replayed; `None` if it is not a standby.
    async fn poll(&self, connection: &mut Option<PgConnection>) -> sqlx::Result<Option<Lsn>> {
        // Put back only after a complete response.
        let mut current = match connection.take() {
            Some(current) => current,
            None => self.options.connect().await?,
        };
        let statement = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text END";
        let position: Option<String> = sqlx::query_scalar(statement).fetch_one(&mut current).await?;
        *connection = Some(current);
        position.map(parse).transpose()
    }
}

/// Returns the end of the log. What was committed before the call is before it.
pub async fn current(primary: &Pool) -> sqlx::Result<Lsn> {
    parse(sqlx::query_scalar("SELECT pg_current_wal_insert_lsn()::text").fetch_one(primary).await?)
}

fn parse(text: String) -> sqlx::Result<Lsn> {
    text.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
