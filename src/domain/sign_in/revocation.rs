//! Ends sign-ins: their refresh tokens and page sessions, and what access tokens can change. Each is an event, so that
//! other services can end sessions of their own.

use serde_json::json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::base::database::{Database, begin};
use crate::domain::events::{self, EventType};
use crate::model::error::ApiError;

/// Revokes a sign-in of any user.
pub async fn revoke(database: &Database, sign_in: Uuid) -> Result<(), ApiError> {
    database.write(|| revoke_alone(database, sign_in)).await?;
    Ok(())
}

async fn revoke_alone(pool: &PgPool, sign_in: Uuid) -> sqlx::Result<()> {
    let mut transaction = begin(pool).await?;
    let owner = "SELECT user_id FROM users.sign_ins WHERE id = $1 AND revoked_at IS NULL";
    let owner: Option<Uuid> = sqlx::query_scalar(owner).bind(sign_in).fetch_optional(&mut *transaction).await?;
    let Some(user) = owner else { return Ok(()) };
    revoke_one(&mut transaction, user, sign_in).await?;
    transaction.commit().await
}

/// Revokes a sign-in of `user`. Returns whether it was active. Index: `sign_ins_pkey`.
pub async fn revoke_one(connection: &mut PgConnection, user: Uuid, sign_in: Uuid) -> sqlx::Result<bool> {
    let statement = "UPDATE users.sign_ins SET revoked_at = now()
                     WHERE id = $2 AND user_id = $1 AND revoked_at IS NULL RETURNING id";
    let revoked = sqlx::query_scalar(statement).bind(user).bind(sign_in).fetch_all(&mut *connection).await?;
    Ok(finish(connection, user, &revoked).await? > 0)
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
             UPDATE users.refresh_tokens SET revoked = true WHERE family_id = ANY($1) AND NOT revoked
             RETURNING family_id, expires_at)
         SELECT DISTINCT family_id FROM tokens WHERE expires_at > now()",
    )
    .bind(revoked)
    .fetch_all(&mut *connection)
    .await?;
    let data = revoked.iter().map(|sign_in| json!({ "sid": sign_in })).collect();
    events::record_each(connection, EventType::SessionRevoked, user, data).await?;
    Ok(live.len() as u64)
}
