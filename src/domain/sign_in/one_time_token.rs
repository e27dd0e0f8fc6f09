//! One-time tokens: the ID of the user and 256 random bits, valid once and for one purpose.
//!
//! Most are sent by mail. Such a token is generated when its mail is sent (`domain/mail/compose.rs`), and the table
//! stores the SHA-256 of its random bits. A mail that is sent again contains a new token. Using one invalidates the
//! others.

use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::legacy;
use crate::base::database::error::OperationError;
use crate::base::random;
use crate::base::random::sha256;
use crate::base::sweep::{ExpiringRows, rows_by_id};
use crate::email::outbox;

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

/// A token as it is presented or kept: its hash, and the user it names. Tokens of versions before migration 0023 name
/// none.
#[derive(Clone, Debug)]
pub struct TokenReference {
    owner: Option<Uuid>,
    hash: Vec<u8>,
}

impl TokenReference {
    /// Refers to a token in the clear. Returns `None` if it is malformed.
    pub fn of(token: &str) -> Option<Self> {
        match random::decode_owned(token) {
            Some((owner, secret)) => Some(Self { owner: Some(owner), hash: sha256(&secret) }),
            None => random::decode(token).map(|secret| Self { owner: None, hash: sha256(&secret) }),
        }
    }

    /// What [`Self::restored`] reads. It contains no secret.
    pub fn kept(&self) -> String {
        let owner = self.owner.as_ref().map(Uuid::as_bytes);
        random::encode(&[owner.map_or(&[][..], |owner| owner), &self.hash].concat())
    }

    /// Reads what [`Self::kept`] has written.
    pub fn restored(text: &str) -> Option<Self> {
        match random::decode_owned(text) {
            Some((owner, hash)) => Some(Self { owner: Some(owner), hash: hash.to_vec() }),
            None => random::decode(text).map(|hash| Self { owner: None, hash: hash.to_vec() }),
        }
    }

    pub fn hash(&self) -> &[u8] {
        &self.hash
    }

    /// Returns the user in whose rows the token is looked for. A token that names another user than its own is not
    /// found.
    pub async fn owner(&self, executor: impl PgExecutor<'_>) -> sqlx::Result<Option<Uuid>> {
        match self.owner {
            Some(owner) => Ok(Some(owner)),
            None => legacy::user_of_link(executor, &self.hash).await,
        }
    }
}

/// Consumes a token. Returns `None` if the token is malformed, unknown, expired, used, or for another purpose. If the
/// same token, or tokens of the same request, are presented concurrently, only one call gets it.
///
/// The statement locks the user's row before the token's, so the caller can change the account in the same transaction.
/// Indexes: `one_time_tokens_token_hash_key`, `one_time_tokens_request_id_idx`.
pub async fn consume(connection: &mut PgConnection, purpose: Purpose, token: &str) -> sqlx::Result<Option<Presented>> {
    match TokenReference::of(token) {
        Some(token) => consume_referred(connection, purpose, &token).await,
        None => Ok(None),
    }
}

/// Does the same with a reference to the token.
pub async fn consume_referred(
    connection: &mut PgConnection,
    purpose: Purpose,
    token: &TokenReference,
) -> sqlx::Result<Option<Presented>> {
    let Some(owner) = token.owner(&mut *connection).await? else { return Ok(None) };
    sqlx::query_as(
        "WITH presented AS (
             SELECT user_id, request_id FROM users.one_time_tokens
             WHERE user_id = $3 AND token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > now()),
         owner AS (
             SELECT u.id FROM users.users u, presented WHERE u.id = $3 FOR NO KEY UPDATE OF u),
         used AS (
             UPDATE users.one_time_tokens t SET used_at = now() FROM owner
             WHERE t.request_id = (SELECT request_id FROM presented) AND t.user_id = $3
               AND t.purpose = $2 AND t.used_at IS NULL
             RETURNING t.user_id, t.email, t.request_id, t.token_hash)
         SELECT user_id, email, request_id FROM used WHERE token_hash = $1",
    )
    .bind(&token.hash)
    .bind(purpose.name())
    .bind(owner)
    .fetch_optional(connection)
    .await
}

/// A token that [`consume`] would accept now.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Valid {
    #[sqlx(rename = "user_id")]
    pub user: Uuid,
    /// The address that it puts in force, for purposes that change it.
    pub email: Option<String>,
}

/// Returns what a token is for, if [`consume`] would accept it now, without consuming it.
pub async fn peek(connection: &mut PgConnection, purpose: Purpose, token: &str) -> sqlx::Result<Option<Valid>> {
    match TokenReference::of(token) {
        Some(token) => peek_referred(connection, purpose, &token).await,
        None => Ok(None),
    }
}

/// Does the same with a reference to the token.
pub async fn peek_referred(
    connection: &mut PgConnection,
    purpose: Purpose,
    token: &TokenReference,
) -> sqlx::Result<Option<Valid>> {
    let Some(owner) = token.owner(&mut *connection).await? else { return Ok(None) };
    sqlx::query_as(
        "SELECT user_id, email FROM users.one_time_tokens
         WHERE user_id = $3 AND token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > now()",
    )
    .bind(&token.hash)
    .bind(purpose.name())
    .bind(owner)
    .fetch_optional(connection)
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
    Ok(random::encode_owned(user, &token))
}

/// Ends the account's tokens for this purpose, and discards the mails that would contain new ones.
pub async fn end(connection: &mut PgConnection, user: Uuid, purpose: Purpose, mail: &str) -> sqlx::Result<()> {
    outbox::discard_kind(connection, user, mail).await?;
    let tokens =
        "UPDATE users.one_time_tokens SET used_at = now() WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL";
    sqlx::query(tokens).bind(user).bind(purpose.name()).execute(connection).await?;
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
