//! Ends sign-ins: their refresh tokens and page sessions, and what access tokens can change. Each is an event, so that
//! other services can end sessions of their own.

use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::refresh_token::MAX_SIGN_INS;
use super::sign_in_id::SignInId;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::domain::events::{self, EventType};
use crate::model::error::ApiError;

/// Revokes a sign-in.
pub async fn revoke(database: &Database, sign_in: SignInId) -> Result<(), ApiError> {
    database.write(|| revoke_alone(database, sign_in)).await?;
    Ok(())
}

async fn revoke_alone(pool: &Pool, sign_in: SignInId) -> sqlx::Result<()> {
    let mut transaction = begin(pool).await?;
    revoke_one(&mut transaction, sign_in).await?;
    transaction.commit().await
}

/// Revokes a sign-in as part of another operation. Returns whether it was active. Index: `sign_ins_pkey`.
pub async fn revoke_one(connection: &mut PgConnection, sign_in: SignInId) -> sqlx::Result<bool> {
    let statement = "UPDATE users.sign_ins SET revoked_at = now()
                     WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING id";
    let revoked = sqlx::query_scalar(statement).bind(sign_in.user).bind(sign_in.id).fetch_all(&mut *connection).await?;
    Ok(finish(connection, sign_in.user, &revoked).await? > 0)
}

/// Revokes the sign-ins of a user that were used longest ago, so that at most [`MAX_SIGN_INS`] are active with the new
/// one. Index: `sign_ins_active_idx`.
pub async fn revoke_excess(connection: &mut PgConnection, new: SignInId) -> sqlx::Result<()> {
    let statement = "UPDATE users.sign_ins SET revoked_at = now()
                     WHERE user_id = $1 AND revoked_at IS NULL AND id IN (
                         SELECT id FROM users.sign_ins WHERE user_id = $1 AND revoked_at IS NULL AND id <> $2
                         ORDER BY coalesce(last_used_at, created_at) DESC, id DESC OFFSET $3)
                     RETURNING id";
    let statement = sqlx::query_scalar(statement).bind(new.user).bind(new.id).bind(MAX_SIGN_INS - 1);
    let revoked: Vec<Uuid> = statement.fetch_all(&mut *connection).await?;
    record(connection, new.user, &revoked).await
}

/// Revokes all sign-ins of `user` except `kept`. Returns how many could still be used. The new epoch also stops those
/// whose password is being checked. The account's row is locked first, so that none starts between the statements.
/// Index: `sign_ins_user_id_idx`.
pub async fn revoke_all(connection: &mut PgConnection, user: Uuid, kept: Option<Uuid>) -> sqlx::Result<u64> {
    sqlx::query("UPDATE users.users SET sign_in_epoch = sign_in_epoch + 1 WHERE id = $1")
        .bind(user)
        .execute(&mut *connection)
        .await?;
    let statement = "UPDATE users.sign_ins SET revoked_at = now()
                     WHERE user_id = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $2 RETURNING id";
    let revoked = sqlx::query_scalar(statement).bind(user).bind(kept).fetch_all(&mut *connection).await?;
    finish(connection, user, &revoked).await
}

/// Revokes the tokens of revoked sign-ins, and records the events. Returns how many sign-ins still had a token.
/// Index: `refresh_tokens_live_idx`.
async fn finish(connection: &mut PgConnection, user: Uuid, revoked: &[Uuid]) -> sqlx::Result<u64> {
    if revoked.is_empty() {
        return Ok(0);
    }
    let live: Vec<Uuid> = sqlx::query_scalar(
        "WITH tokens AS (
             UPDATE users.refresh_tokens SET revoked = true WHERE user_id = $1 AND family_id = ANY($2) AND NOT revoked
             RETURNING family_id, expires_at)
         SELECT DISTINCT family_id FROM tokens WHERE expires_at > now()",
    )
    .bind(user)
    .bind(revoked)
    .fetch_all(&mut *connection)
    .await?;
    record(connection, user, revoked).await?;
    Ok(live.len() as u64)
}

async fn record(connection: &mut PgConnection, user: Uuid, revoked: &[Uuid]) -> sqlx::Result<()> {
    let data = revoked.iter().map(|sign_in| json!({ "sid": sign_in })).collect();
    events::record_each(connection, EventType::SessionRevoked, user, data).await
}
