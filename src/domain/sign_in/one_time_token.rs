//! One-time tokens: 256 random bits sent by mail, valid once and for one purpose.
//!
//! A token is generated when its mail is sent (`domain/mail.rs`), and the table stores its SHA-256. A mail that is sent
//! again contains a new token. Using one invalidates the others.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::base::random;
use crate::base::random::sha256;
use crate::base::sweep::ExpiringRows;

/// Tokens that expired more than a day ago. Index: `one_time_tokens_expires_at_idx`.
pub const EXPIRED: ExpiringRows = ExpiringRows {
    name: "one-time tokens",
    select: "SELECT expires_at, uuid_send(id) FROM users.one_time_tokens
             WHERE expires_at < now() - make_interval(days => $4)
                 AND (expires_at, id) > ($1, encode($2, 'hex')::uuid)
             ORDER BY expires_at, id LIMIT $3",
    delete: "DELETE FROM users.one_time_tokens WHERE id IN (
                 SELECT id FROM users.one_time_tokens
                 WHERE id = ANY(SELECT encode(key, 'hex')::uuid FROM unnest($1::bytea[]) key)
                     AND expires_at < now() - make_interval(days => $2) FOR UPDATE SKIP LOCKED)",
    days: 1,
    before_delete: None,
};

/// The purpose of a token. A token is not recognized for any other purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    VerifyEmail,
    SignIn,
}

impl Purpose {
    /// The value in the column `purpose` of `one_time_tokens`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::SignIn => "sign_in",
        }
    }
}

/// Consumes a token and returns its user. Returns `None` if the token is malformed, unknown, expired, used, or for
/// another purpose. If the same token, or tokens of the same request, are presented concurrently, only one call gets
/// the user.
///
/// The statement locks the user's row before the token's, so the caller can change the account in the same transaction.
/// Indexes: `one_time_tokens_token_hash_key`, `one_time_tokens_request_id_idx`.
pub async fn consume(connection: &mut PgConnection, purpose: Purpose, token: &str) -> sqlx::Result<Option<Uuid>> {
    let Some(token) = random::decode(token) else { return Ok(None) };
    sqlx::query_scalar(
        "WITH presented AS (
             SELECT user_id, request_id FROM users.one_time_tokens
             WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > now()),
         owner AS (
             SELECT id FROM users.users WHERE id = (SELECT user_id FROM presented) FOR NO KEY UPDATE),
         used AS (
             UPDATE users.one_time_tokens t SET used_at = now() FROM owner
             WHERE t.request_id = (SELECT request_id FROM presented) AND t.user_id = owner.id
               AND t.purpose = $2 AND t.used_at IS NULL
             RETURNING t.user_id, t.token_hash)
         SELECT user_id FROM used WHERE token_hash = $1",
    )
    .bind(sha256(&token))
    .bind(purpose.name())
    .fetch_optional(connection)
    .await
}
