//! One-time tokens: 256 random bits, valid once and for one purpose.
//!
//! Most are sent by mail. Such a token is generated when its mail is sent (`domain/mail/compose.rs`), and the table
//! stores its SHA-256. A mail that is sent again contains a new token. Using one invalidates the others.

use sqlx::{PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use crate::base::database::error::OperationError;
use crate::base::random;
use crate::base::random::sha256;
use crate::base::sweep::{ExpiringRows, rows_by_id};

/// Tokens that expired more than a day ago. Index: `one_time_tokens_expires_at_idx`.
pub const EXPIRED: ExpiringRows = rows_by_id!("one-time tokens", "users.one_time_tokens", "expires_at", 1);

/// The purpose of a token. A token is not recognized for any other purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    VerifyEmail,
    SignIn,
    ResetPassword,
    ChangeEmail,
    UndoEmailChange,
    RestoreAccount,
}

impl Purpose {
    /// The value in the column `purpose` of `one_time_tokens`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::SignIn => "sign_in",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
            Self::UndoEmailChange => "undo_email_change",
            Self::RestoreAccount => "restore_account",
        }
    }
}

/// The token that was presented.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Presented {
    #[sqlx(rename = "user_id")]
    pub user: Uuid,
    /// The address that it puts in force, for purposes that change it.
    pub email: Option<String>,
    /// The row of `email_outbox` or `email_verifications` that asked for it.
    #[sqlx(rename = "request_id")]
    pub request: Uuid,
}

/// Consumes a token. Returns `None` if the token is malformed, unknown, expired, used, or for another purpose. If the
/// same token, or tokens of the same request, are presented concurrently, only one call gets it.
///
/// The statement locks the user's row before the token's, so the caller can change the account in the same transaction.
/// Indexes: `one_time_tokens_token_hash_key`, `one_time_tokens_request_id_idx`.
pub async fn consume(connection: &mut PgConnection, purpose: Purpose, token: &str) -> sqlx::Result<Option<Presented>> {
    match random::decode(token) {
        Some(token) => consume_hashed(connection, purpose, &sha256(&token)).await,
        None => Ok(None),
    }
}

/// Does the same with the hash of a token that the service itself has kept.
pub async fn consume_hashed(
    connection: &mut PgConnection,
    purpose: Purpose,
    hash: &[u8],
) -> sqlx::Result<Option<Presented>> {
    sqlx::query_as(
        "WITH presented AS (
             SELECT user_id, request_id FROM users.one_time_tokens
             WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > now()),
         owner AS (
             SELECT id FROM users.users WHERE id = (SELECT user_id FROM presented) FOR NO KEY UPDATE),
         used AS (
             UPDATE users.one_time_tokens t SET used_at = now() FROM owner
             WHERE t.request_id = (SELECT request_id FROM presented) AND t.user_id = owner.id
               AND t.purpose = $2 AND t.used_at IS NULL
             RETURNING t.user_id, t.email, t.request_id, t.token_hash)
         SELECT user_id, email, request_id FROM used WHERE token_hash = $1",
    )
    .bind(hash)
    .bind(purpose.name())
    .fetch_optional(connection)
    .await
}

/// Returns the user of a token that [`consume`] would accept now, without consuming it.
pub async fn peek(executor: impl PgExecutor<'_>, purpose: Purpose, token: &str) -> sqlx::Result<Option<Uuid>> {
    match random::decode(token) {
        Some(token) => peek_hashed(executor, purpose, &sha256(&token)).await,
        None => Ok(None),
    }
}

/// Does the same with the hash of a token that the service itself has kept.
pub async fn peek_hashed(executor: impl PgExecutor<'_>, purpose: Purpose, hash: &[u8]) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar(
        "SELECT user_id FROM users.one_time_tokens
         WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > now()",
    )
    .bind(hash)
    .bind(purpose.name())
    .fetch_optional(executor)
    .await
}

/// Returns the user and the address of a token that [`consume`] would accept now, for purposes that change the address.
pub async fn address(pool: &PgPool, purpose: Purpose, token: &str) -> sqlx::Result<Option<(Uuid, String)>> {
    let Some(token) = random::decode(token) else { return Ok(None) };
    sqlx::query_as(
        "SELECT user_id, email FROM users.one_time_tokens
         WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > now() AND email IS NOT NULL",
    )
    .bind(sha256(&token))
    .bind(purpose.name())
    .fetch_optional(pool)
    .await
}

/// Stores a token that is not mailed, and returns it.
pub async fn issue(
    connection: &mut PgConnection,
    purpose: Purpose,
    user: Uuid,
    minutes: i32,
) -> Result<String, OperationError> {
    let token = random::secret()?;
    let id = Uuid::now_v7();
    sqlx::query(
        "INSERT INTO users.one_time_tokens (id, user_id, purpose, request_id, token_hash, expires_at)
         VALUES ($1, $2, $3, $1, $4, now() + make_interval(mins => $5))",
    )
    .bind(id)
    .bind(user)
    .bind(purpose.name())
    .bind(sha256(&token))
    .bind(minutes)
    .execute(connection)
    .await?;
    Ok(random::encode(&token))
}

/// Ends the account's tokens for this purpose, and discards the mails that would contain new ones.
pub async fn end(connection: &mut PgConnection, user: Uuid, purpose: Purpose, mail: &str) -> sqlx::Result<()> {
    sqlx::query(
        "WITH mails AS (DELETE FROM users.email_outbox WHERE recipient_id = $1 AND kind = $3)
         UPDATE users.one_time_tokens SET used_at = now() WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL",
    )
    .bind(user)
    .bind(purpose.name())
    .bind(mail)
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends all outstanding tokens of the account with the change of the address that waits for one, and discards the mails
/// that would contain new ones. Tokens that undo a
/// change of the address survive: an intruder may have caused this call. Indexes:
/// `email_verifications_user_id_idx`, `one_time_tokens_user_id_idx`, `email_outbox_recipient_id_idx`.
pub async fn end_all(connection: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    for statement in [
        "UPDATE users.users SET pending_email = NULL, pending_email_expires_at = NULL
         WHERE id = $1 AND pending_email IS NOT NULL",
        "DELETE FROM users.email_verifications WHERE user_id = $1 AND used_at IS NULL",
        "DELETE FROM users.one_time_tokens WHERE user_id = $1 AND purpose <> 'undo_email_change'",
        "DELETE FROM users.email_outbox WHERE recipient_id = $1 AND kind NOT IN ('notice', 'undo_email_change')",
    ] {
        sqlx::query(statement).bind(user).execute(&mut *connection).await?;
    }
    Ok(())
}
