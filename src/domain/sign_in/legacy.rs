//! Finds the user of tokens, page sessions and mails of versions before migration 0023, which do not name the user.
//! None of them is valid for more than 30 days. On a distributed database, each lookup asks all shards.

use sqlx::PgExecutor;
use uuid::Uuid;

use super::sign_in_id::SignInId;
use crate::base::database::pool::Pool;

/// Returns the user of a mailed token. Indexes: `one_time_tokens_token_hash_key`,
/// `email_verifications_token_hash_key`.
pub async fn user_of_link(executor: impl PgExecutor<'_>, token_hash: &[u8]) -> sqlx::Result<Option<Uuid>> {
    let statement = "SELECT user_id FROM users.one_time_tokens WHERE token_hash = $1
                     UNION ALL SELECT user_id FROM users.email_verifications WHERE token_hash = $1 LIMIT 1";
    sqlx::query_scalar(statement).bind(token_hash).fetch_optional(executor).await
}

/// Returns the user of a verification, which a mail asked for. Index: `email_verifications_pkey`.
pub async fn user_of_verification(executor: impl PgExecutor<'_>, id: Uuid) -> sqlx::Result<Option<Uuid>> {
    let statement = "SELECT user_id FROM users.email_verifications WHERE id = $1";
    sqlx::query_scalar(statement).bind(id).fetch_optional(executor).await
}

/// Returns the sign-in of a refresh token. Index: `refresh_tokens_token_hash_key`.
pub async fn sign_in_of_token(pool: &Pool, token_hash: &[u8]) -> sqlx::Result<Option<SignInId>> {
    let statement = "SELECT user_id, family_id FROM users.refresh_tokens WHERE token_hash = $1";
    let found: Option<(Uuid, Uuid)> = sqlx::query_as(statement).bind(token_hash).fetch_optional(pool).await?;
    Ok(found.map(|(user, id)| SignInId { user, id }))
}

/// Returns the sign-in with this ID, which a page session is bound to. Index: `sign_ins_pkey`.
pub async fn sign_in(pool: &Pool, id: Uuid) -> sqlx::Result<Option<SignInId>> {
    let statement = "SELECT user_id FROM users.sign_ins WHERE id = $1";
    let user: Option<Uuid> = sqlx::query_scalar(statement).bind(id).fetch_optional(pool).await?;
    Ok(user.map(|user| SignInId { user, id }))
}
