//! Claims: who has an address or a username. The only place that finds a user by either, and that reserves and frees
//! them.
//!
//! On one machine, a claim is an entry of a unique index on `users.users`. On a distributed database, it is a row of
//! its own, written in the same transaction as the user's (`migrations/0022_claims.sql`,
//! `migrations/citus/functions_accounts.sql`).

use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::base::database::error::OperationError;
use crate::base::database::violated_constraint;
use crate::model::folding::fold;

/// Returns the user with this address, ignoring case. Index: `users_email_folded_key`.
pub async fn owner_of_email(executor: impl PgExecutor<'_>, email: &str) -> sqlx::Result<Option<Uuid>> {
    let statement = "SELECT user_id FROM users.email_claims WHERE folded = $1";
    sqlx::query_scalar(statement).bind(fold(email)).fetch_optional(executor).await
}

/// Returns the user with this username, ignoring case. Index: `users_username_folded_key`.
pub async fn owner_of_username(executor: impl PgExecutor<'_>, username: &str) -> sqlx::Result<Option<Uuid>> {
    let statement = "SELECT user_id FROM users.username_claims WHERE folded = $1";
    sqlx::query_scalar(statement).bind(fold(username)).fetch_optional(executor).await
}

/// Returns whether a new account can have this username. Index: `users_username_folded_key`, `username_holds_pkey`.
pub async fn is_username_available(executor: impl PgExecutor<'_>, username: &str) -> sqlx::Result<bool> {
    // Citus fetches both results, which need a column.
    let statement = "SELECT NOT EXISTS (SELECT 1 FROM users.username_claims WHERE folded = $1)
                        AND NOT EXISTS (SELECT 1 FROM users.username_holds
                                        WHERE folded = $1 AND (held_until > now()) IS NOT FALSE)";
    sqlx::query_scalar(statement).bind(fold(username)).fetch_one(executor).await
}

/// Reserves the address and the username of a new user, whose row is inserted next.
///
/// # Errors
/// `EMAIL_ALREADY_EXISTS`, `USERNAME_TAKEN`. On one machine, the row's insertion returns them.
pub async fn claim(
    connection: &mut PgConnection,
    user: Uuid,
    email: &str,
    username: &str,
) -> Result<(), OperationError> {
    call(connection, "SELECT users.claim_email($1, $2), users.claim_username($1, $3)", user, email, username).await
}

/// Frees the address and the username of a user whose row was deleted.
pub async fn release(connection: &mut PgConnection, user: Uuid, email: &str, username: &str) -> sqlx::Result<()> {
    let statement = "SELECT users.release_email($1, $2), users.release_username($1, $3)";
    sqlx::query(statement).bind(user).bind(fold(email)).bind(fold(username)).execute(connection).await?;
    Ok(())
}

/// Reserves the address `new` of a user instead of `old`. The row is updated next.
///
/// # Errors
/// `EMAIL_ALREADY_EXISTS`. On one machine, the row's update returns it.
pub async fn replace_email(
    connection: &mut PgConnection,
    user: Uuid,
    old: &str,
    new: &str,
) -> Result<(), OperationError> {
    replace(connection, "SELECT users.claim_email($1, $2), users.release_email($1, $3)", user, old, new).await
}

/// Does the same for a username.
///
/// # Errors
/// `USERNAME_TAKEN`, also if the name is held for another user. On one machine, the row's update returns it.
pub async fn replace_username(
    connection: &mut PgConnection,
    user: Uuid,
    old: &str,
    new: &str,
) -> Result<(), OperationError> {
    replace(connection, "SELECT users.claim_username($1, $2), users.release_username($1, $3)", user, old, new).await
}

async fn replace(
    connection: &mut PgConnection,
    statement: &'static str,
    user: Uuid,
    old: &str,
    new: &str,
) -> Result<(), OperationError> {
    if fold(old) == fold(new) {
        return Ok(());
    }
    call(connection, statement, user, new, old).await
}

async fn call(
    connection: &mut PgConnection,
    statement: &'static str,
    user: Uuid,
    first: &str,
    second: &str,
) -> Result<(), OperationError> {
    let query = sqlx::query(statement).bind(user).bind(fold(first)).bind(fold(second));
    query.execute(connection).await.map_err(rejected)?;
    Ok(())
}

/// The error of a caller whose write violated a claim, or else of the database.
pub fn rejected(error: sqlx::Error) -> OperationError {
    violated_constraint(&error).map_or_else(|| error.into(), OperationError::from)
}
