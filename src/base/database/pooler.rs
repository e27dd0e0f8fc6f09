//! Recognizes a pooler that would run the wrong statements, and settings that a pooler drops.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};

use super::error::sqlstate;

/// Why the service cannot work with this pooler.
#[derive(Debug, thiserror::Error)]
pub enum PoolerError {
    /// Statements are prepared by names that each connection counts for itself. If connections share a server
    /// connection and the pooler does not translate the names, another statement may run.
    #[error(
        "DATABASE_URL leads to a pooler in transaction mode that does not support prepared statements: use session mode, \
         or PgBouncer 1.21 or later with max_prepared_statements set"
    )]
    PreparedStatements,
    #[error(
        "DATABASE_URL leads to a pooler that rejects the settings of a connection: set DATABASE_DIRECT_URL to the server \
         behind it, and give the role these settings (docs/operations.md)"
    )]
    Settings,
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for PoolerError {
    fn from(error: sqlx::Error) -> Self {
        let message = error.as_database_error().map(DatabaseError::message).unwrap_or_default();
        if message.starts_with("unsupported startup parameter") {
            return Self::Settings;
        }
        match sqlstate(&error).as_deref() {
            // A name is taken or unknown, or belongs to a statement with other parameters.
            Some("42P05" | "26000" | "08P01") => Self::PreparedStatements,
            _ => Self::Database(error),
        }
    }
}

/// Checks whether the connections of `options` can be used as if each led to a server connection of its own.
///
/// # Errors
/// If a pooler is in between that does not allow this.
pub async fn check(options: &PgConnectOptions) -> Result<(), PoolerError> {
    Ok(compare(options).await?)
}

/// Runs the same prepared statement on two connections in turn, while the other is in a transaction. If they share
/// server connections, each statement runs where it was not prepared.
async fn compare(options: &PgConnectOptions) -> sqlx::Result<()> {
    let (mut first, mut second) = (options.connect().await?, options.connect().await?);
    for _ in 0..2 {
        backend(&mut first, 1).await?;
        sqlx::raw_sql("BEGIN").execute(&mut second).await?;
        backend(&mut second, 2).await?;
        backend(&mut first, 1).await?;
        sqlx::raw_sql("COMMIT").execute(&mut second).await?;
    }
    Ok(())
}

/// The number of parameters distinguishes the statements of both connections, which have the same name.
async fn backend(connection: &mut PgConnection, parameters: usize) -> sqlx::Result<()> {
    let statement = if parameters == 1 { "SELECT $1::int4" } else { "SELECT $1::int4 + $2::int4" };
    let query = sqlx::query_scalar::<_, i32>(statement).bind(1);
    let query = if parameters == 1 { query } else { query.bind(1) };
    query.fetch_one(connection).await.map(drop)
}

/// The settings that each session must have: without them, a lock or a statement could be waited for without an end.
const REQUIRED: [&str; 3] = ["idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout"];

/// Returns the settings that the role has to be given, because the service cannot set them through a pooler.
pub async fn missing_settings(options: &PgConnectOptions) -> sqlx::Result<Vec<&'static str>> {
    let mut connection = options.connect().await?;
    let statement =
        "SELECT current_setting(name) <> '0' FROM unnest($1::text[]) WITH ORDINALITY AS required (name, ordinal)
                     ORDER BY ordinal";
    let set: Vec<bool> = sqlx::query_scalar(statement).bind(&REQUIRED[..]).fetch_all(&mut connection).await?;
    Ok(REQUIRED.into_iter().zip(set).filter(|(_, set)| !set).map(|(name, _)| name).collect())
}
