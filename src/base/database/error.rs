//! Maps database errors to API errors.

use std::borrow::Cow;

use sqlx::error::DatabaseError;
use tower_sessions::{session, session_store};

use crate::model::error::{ApiError, ErrorCode};

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        if is_invalid_value(&error) {
            tracing::warn!(%error, "the database rejected a value");
            ErrorCode::MalformedRequest.into()
        } else if is_transient(&error) {
            tracing::warn!(%error, "the database is temporarily unavailable");
            ErrorCode::Overloaded.into()
        } else {
            tracing::error!(%error, "database error");
            ErrorCode::Internal.into()
        }
    }
}

impl From<session::Error> for ApiError {
    fn from(error: session::Error) -> Self {
        tracing::error!(%error, "session error");
        match error {
            // The statements of the store are fixed, so this is a failure of the database.
            session::Error::Store(session_store::Error::Backend(_)) => ErrorCode::Overloaded.into(),
            _ => ErrorCode::Internal.into(),
        }
    }
}

/// Why an operation of several statements failed.
#[derive(Debug)]
pub enum OperationError {
    /// The database failed.
    Database(sqlx::Error),
    /// The caller receives this error.
    Rejected(ApiError),
}

impl From<sqlx::Error> for OperationError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<ApiError> for OperationError {
    fn from(error: ApiError) -> Self {
        Self::Rejected(error)
    }
}

impl From<ErrorCode> for OperationError {
    fn from(code: ErrorCode) -> Self {
        Self::Rejected(code.into())
    }
}

impl From<OperationError> for ApiError {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Database(error) => error.into(),
            OperationError::Rejected(error) => error,
        }
    }
}

/// An error that may come from the database.
pub trait MaybeDatabaseError: From<sqlx::Error> {
    fn database_error(&self) -> Option<&sqlx::Error>;
}

impl MaybeDatabaseError for sqlx::Error {
    fn database_error(&self) -> Option<&sqlx::Error> {
        Some(self)
    }
}

impl MaybeDatabaseError for OperationError {
    fn database_error(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Database(error) => Some(error),
            Self::Rejected(_) => None,
        }
    }
}

/// The SQLSTATE of an error that PostgreSQL reports.
pub(super) fn sqlstate(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error().and_then(DatabaseError::code)
}

/// Returns whether PostgreSQL rejected a value (SQLSTATE class 22) or a constraint was violated (class 23). This is the
/// caller's error, even if our own validation let it through.
fn is_invalid_value(error: &sqlx::Error) -> bool {
    sqlstate(error).is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
}

/// Returns whether the statement failed because of another transaction, without changing anything: a serialization
/// failure, a deadlock or `lock_timeout`.
pub(super) fn is_contention(error: &sqlx::Error) -> bool {
    matches!(sqlstate(error).as_deref(), Some("40001" | "40P01" | "55P03"))
}

/// Returns whether the server of this connection is read-only, as after a failover.
pub(super) fn is_read_only(error: &sqlx::Error) -> bool {
    sqlstate(error).as_deref() == Some("25006")
}

/// Returns whether the same request may succeed a moment later: no connection became available, the connection broke,
/// or PostgreSQL is starting, stopping, out of resources or too slow. All other errors are our own bugs.
fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        // A server or proxy that goes away while a connection is being set up.
        | sqlx::Error::Protocol(_)
        | sqlx::Error::Tls(_) => true,
        _ if is_contention(error) || is_read_only(error) => true,
        // Connection exceptions, insufficient resources, operator intervention (`statement_timeout`).
        _ => sqlstate(error).is_some_and(|code| ["08", "53", "57"].iter().any(|class| code.starts_with(class))),
    }
}

/// The error code for the constraint that a statement violated, if any.
pub fn violated_constraint(error: &sqlx::Error) -> Option<ErrorCode> {
    let error = error.as_database_error()?;
    match error.constraint().or_else(|| named_constraint(error.message()))? {
        "users_email_key" | "users_email_folded_key" => Some(ErrorCode::EmailAlreadyExists),
        "users_username_key" | "users_username_folded_key" | "username_holds_key" => Some(ErrorCode::UsernameTaken),
        "username_looks_pkey" => Some(ErrorCode::UsernameTooSimilar),
        "follows_followee_id_fkey" => Some(ErrorCode::UserNotFound),
        "follows_follower_id_fkey" => Some(ErrorCode::Unauthenticated),
        _ => None,
    }
}

/// The constraint that a message names. Citus passes on nothing else of an error on another node, and the name ends
/// with the number of a shard there.
fn named_constraint(message: &str) -> Option<&str> {
    let (name, _) = message.split_once("constraint \"")?.1.split_once('"')?;
    let shard =
        name.rsplit_once('_').filter(|(_, end)| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit()));
    Some(shard.map_or(name, |(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constraint_is_found_in_a_message_with_or_without_the_number_of_a_shard() {
        let message = |name: &str| format!("duplicate key value violates unique constraint \"{name}\"");
        assert_eq!(named_constraint(&message("users_email_key_102008")), Some("users_email_key"));
        assert_eq!(named_constraint(&message("users_email_key")), Some("users_email_key"));
        assert_eq!(named_constraint("canceling statement due to lock timeout"), None);
    }
}
