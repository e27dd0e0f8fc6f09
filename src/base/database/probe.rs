//! Checks the database on a dedicated connection: an instance with a full pool must not be considered down.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Longest time for a check, including a new connection.
const CHECK_TIMEOUT: Duration = Duration::from_millis(1500);
/// How long a connection is reused. An older one may lead to a server that new connections no longer reach.
const MAX_CONNECTION_AGE: Duration = Duration::from_secs(15);

/// The state of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseStatus {
    Writable,
    /// Reachable, but a standby or read-only by configuration.
    ReadOnly,
    /// Does not respond in time, or refuses connections.
    Unreachable,
}

/// Checks the database. Concurrent callers share one check.
#[derive(Debug)]
pub struct Probe {
    options: PgConnectOptions,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    connection: Option<(PgConnection, Instant)>,
    /// The last result, and when it was received.
    last: Option<(DatabaseStatus, Instant)>,
}

impl Probe {
    pub fn new(options: PgConnectOptions) -> Self {
        Self { options, state: Mutex::default() }
    }

    /// Returns the current status within 1.5 s. A caller that arrives while a check is running shares its result.
    pub async fn status(&self) -> DatabaseStatus {
        let called = Instant::now();
        let mut state = self.state.lock().await;
        match state.last {
            Some((status, checked)) if checked >= called => status,
            _ => self.check(&mut state).await,
        }
    }

    /// Returns the status as seen by a new connection.
    pub async fn status_on_new_connection(&self) -> DatabaseStatus {
        let mut state = self.state.lock().await;
        state.connection = None;
        self.check(&mut state).await
    }

    async fn check(&self, state: &mut State) -> DatabaseStatus {
        // Put back only after a complete response, so that no connection is reused half read.
        let reused = state.connection.take().filter(|(_, opened)| opened.elapsed() < MAX_CONNECTION_AGE);
        let outcome = tokio::time::timeout(CHECK_TIMEOUT, self.query(reused)).await;
        let status = match outcome {
            Ok(Ok((read_only, connection))) => {
                // A read-only connection is not reused, because another server may have taken over.
                state.connection = (!read_only).then_some(connection);
                if read_only { DatabaseStatus::ReadOnly } else { DatabaseStatus::Writable }
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the database is unreachable");
                DatabaseStatus::Unreachable
            }
            Err(_) => {
                tracing::warn!(limit = ?CHECK_TIMEOUT, "the database did not respond in time");
                DatabaseStatus::Unreachable
            }
        };
        state.last = Some((status, Instant::now()));
        status
    }

    /// Returns whether the database is read-only. Uses the given connection if it still works.
    async fn query(&self, reused: Option<(PgConnection, Instant)>) -> sqlx::Result<(bool, (PgConnection, Instant))> {
        if let Some((mut connection, opened)) = reused
            && let Ok(read_only) = is_read_only(&mut connection).await
        {
            return Ok((read_only, (connection, opened)));
        }
        let mut connection = self.options.connect().await?;
        let read_only = is_read_only(&mut connection).await?;
        Ok((read_only, (connection, Instant::now())))
    }
}

async fn is_read_only(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let query = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean";
    sqlx::query_scalar(query).fetch_one(connection).await
}
