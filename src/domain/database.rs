//! Faults of the database, as callers see them.

use std::panic::resume_unwind;

use sqlx::error::DatabaseError;
use sqlx::{PgPool, Postgres, Transaction};
use tracing::Instrument as _;

use crate::rest::error::{ApiError, ErrorCode};

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        if is_about_a_value(&error) {
            tracing::warn!(%error, "the database refused a value");
            return ErrorCode::MalformedRequest.into();
        }
        tracing::error!(%error, "database");
        match error {
            // No connection came free in time: more requests than the database can take.
            sqlx::Error::PoolTimedOut => ErrorCode::Overloaded.into(),
            _ => ErrorCode::Internal.into(),
        }
    }
}

impl From<tower_sessions::session::Error> for ApiError {
    fn from(error: tower_sessions::session::Error) -> Self {
        tracing::error!(%error, "session");
        ErrorCode::Internal.into()
    }
}

/// Whether PostgreSQL refused what was sent (SQLSTATE class 22): the caller's fault, wherever a rule at the
/// edge has let it through.
fn is_about_a_value(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| code.starts_with("22"))
}

/// The code that belongs to the constraint that a statement ran into, if any.
pub fn violated(error: &sqlx::Error) -> Option<ErrorCode> {
    match error.as_database_error()?.constraint()? {
        "users_email_key" | "users_email_folded_key" => Some(ErrorCode::EmailAlreadyExists),
        "users_username_key" | "users_username_folded_key" => Some(ErrorCode::UsernameTaken),
        "follows_followee_id_fkey" => Some(ErrorCode::UserNotFound),
        "follows_follower_id_fkey" => Some(ErrorCode::Unauthenticated),
        _ => None,
    }
}

/// Begins a transaction in a task of its own, so that it has begun before the caller can be dropped. sqlx
/// counts a transaction once PostgreSQL has answered: a future that is dropped between `BEGIN` and the
/// answer would leave the connection in a transaction that nothing ends (transact-rs/sqlx#4393), and what
/// others write on that connection would never be committed.
///
/// # Errors
/// Faults of the database.
pub async fn begin(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    let pool = pool.clone();
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
    let beginning = tokio::spawn(async move { pool.begin().await }.in_current_span());
    beginning.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(_) => sqlx::Error::WorkerCrashed,
    })?
}

/// How often a statement is tried that PostgreSQL gives up to end a deadlock.
const ATTEMPTS: u32 = 3;

/// Runs a statement, again if a deadlock ended it: deletions take many rows in no order that others know,
/// and the one who is given up may be either.
///
/// # Errors
/// What the statement ends with; a deadlock only the third time.
pub async fn retried<T, F: Future<Output = sqlx::Result<T>>>(run: impl Fn() -> F) -> sqlx::Result<T> {
    for _ in 1..ATTEMPTS {
        match run().await {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("40P01") => {
                tracing::warn!(%error, "once more");
            }
            outcome => return outcome,
        }
    }
    run().await
}
