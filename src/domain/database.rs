//! Faults of the database, as callers see them.

use crate::rest::error::{ApiError, ErrorCode};

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
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

/// The code that belongs to the constraint that a statement ran into, if any.
pub fn violated(error: &sqlx::Error) -> Option<ErrorCode> {
    match error.as_database_error()?.constraint()? {
        "users_email_key" => Some(ErrorCode::EmailAlreadyExists),
        "users_username_key" => Some(ErrorCode::UsernameTaken),
        "follows_followee_id_fkey" => Some(ErrorCode::UserNotFound),
        "follows_follower_id_fkey" => Some(ErrorCode::Unauthenticated),
        _ => None,
    }
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
