//! Whether the database answers, asked on a connection of its own: a full pool is no reason to take an
//! instance for dead.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Longest wait for an answer, a new connection included.
const LIMIT: Duration = Duration::from_millis(1500);
/// How long a connection is asked: an older one may lead to a server that nothing else is led to.
const CONNECTION_AGE: Duration = Duration::from_secs(15);

/// What the database can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseStatus {
    Writable,
    /// It answers, but is a standby or read-only by its settings.
    ReadOnly,
    /// It does not answer in time, or refuses connections.
    Away,
}

/// Asks the database, once for all who ask at the same time.
#[derive(Debug)]
pub struct Probe {
    options: PgConnectOptions,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    connection: Option<(PgConnection, Instant)>,
    /// The last answer, and when it came.
    last: Option<(DatabaseStatus, Instant)>,
}

impl Probe {
    pub fn new(options: PgConnectOptions) -> Self {
        Self { options, state: Mutex::default() }
    }

    /// The database's condition now, within 1.5 s. A caller that finds a question under way takes its
    /// answer.
    pub async fn status(&self) -> DatabaseStatus {
        let came = Instant::now();
        let mut state = self.state.lock().await;
        match state.last {
            Some((condition, answered)) if answered >= came => condition,
            _ => self.ask(&mut state).await,
        }
    }

    /// The same as a new connection has it.
    pub async fn status_now(&self) -> DatabaseStatus {
        let mut state = self.state.lock().await;
        state.connection = None;
        self.ask(&mut state).await
    }

    async fn ask(&self, state: &mut State) -> DatabaseStatus {
        // Put back only after an answer, so that none is left half read.
        let kept = state.connection.take().filter(|(_, opened)| opened.elapsed() < CONNECTION_AGE);
        let answer = tokio::time::timeout(LIMIT, self.answer(kept)).await;
        let condition = match answer {
            Ok(Ok((read_only, connection))) => {
                // A read-only one is not kept: another server may have taken over.
                state.connection = (!read_only).then_some(connection);
                if read_only { DatabaseStatus::ReadOnly } else { DatabaseStatus::Writable }
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the database does not answer");
                DatabaseStatus::Away
            }
            Err(_) => {
                tracing::warn!(limit = ?LIMIT, "the database does not answer in time");
                DatabaseStatus::Away
            }
        };
        state.last = Some((condition, Instant::now()));
        condition
    }

    /// Whether the database is read-only, on the connection that was kept if that still works.
    async fn answer(&self, kept: Option<(PgConnection, Instant)>) -> sqlx::Result<(bool, (PgConnection, Instant))> {
        if let Some((mut connection, opened)) = kept
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
    let question = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean";
    sqlx::query_scalar(question).fetch_one(connection).await
}
