//! What operators may ask and change about an account, by hand. Each change is a row of the audit log.

use sqlx::types::time::OffsetDateTime;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use uuid::Uuid;

use super::erasure;
use super::erasure::Erasable;
use crate::base::database::begin;
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::audit::log::Entry;
use crate::domain::sign_in::passwords::unusable_hash;
use crate::model::error::ApiError;
use crate::model::folding::fold;

/// An account as operators see it; never its password hash.
#[derive(sqlx::FromRow)]
pub struct Account {
    pub id: Uuid,
    pub username: String,
    pub email: String,
    pub email_verified: bool,
    pub roles: Vec<String>,
    pub created_at: OffsetDateTime,
    pub suspended_at: Option<OffsetDateTime>,
    /// Sign-ins that go on.
    pub sessions: i64,
}

/// The account with this id, email or username, whatever the letter case.
pub async fn find(pool: &PgPool, who: &str) -> sqlx::Result<Option<Account>> {
    sqlx::query_as(
        r#"SELECT u.id, u.username, u.email, u.email_verified, u.roles, u.created_at, u.suspended_at,
                (SELECT count(*) FROM users.sign_ins f
                 WHERE f.user_id = u.id AND f.revoked_at IS NULL
                   AND EXISTS (SELECT FROM users.refresh_tokens t
                               WHERE t.family_id = f.id AND NOT t.revoked AND t.expires_at > now())) AS sessions
         FROM users.users u
         WHERE u.id = $2 OR lower(u.email COLLATE "C") = $1 OR lower(u.username COLLATE "C") = $1"#,
    )
    .bind(fold(who))
    .bind(who.parse::<Uuid>().ok())
    .fetch_optional(pool)
    .await
}

/// Gives the account these roles and no others. Tokens carry them from the next refresh on.
pub async fn set_roles(pool: &PgPool, id: Uuid, roles: &[String], entry: &Entry) -> sqlx::Result<()> {
    let mut transaction = begin(pool).await?;
    let set = sqlx::query("UPDATE users.users SET roles = $2 WHERE id = $1").bind(id).bind(roles);
    set.execute(&mut *transaction).await?;
    entry.record(&mut transaction).await?;
    transaction.commit().await
}

/// Ends all sign-ins of the account; returns how many went on.
pub async fn revoke_sessions(pool: &PgPool, id: Uuid, entry: &Entry) -> sqlx::Result<i64> {
    let mut transaction = begin(pool).await?;
    let ended = end_sign_ins(&mut transaction, id).await?;
    entry.record(&mut transaction).await?;
    transaction.commit().await?;
    attempts::record(Attempt::Administration, Outcome::SignInsEnded, Some(id));
    Ok(ended)
}

/// Suspends the account: it keeps everything, but no one signs in to it, its sign-ins and mailed links end, and access
/// tokens that are still valid change nothing. Returns how many sign-ins went on.
pub async fn suspend(pool: &PgPool, id: Uuid, entry: &Entry) -> sqlx::Result<i64> {
    let mut transaction = begin(pool).await?;
    sqlx::query("UPDATE users.users SET suspended_at = coalesce(suspended_at, now()) WHERE id = $1")
        .bind(id)
        .execute(&mut *transaction)
        .await?;
    lock_out(transaction, id, entry, Outcome::Suspended).await
}

/// Ends a suspension; returns whether there was one. Who was signed in before has to sign in again.
pub async fn unsuspend(pool: &PgPool, id: Uuid, entry: &Entry) -> sqlx::Result<bool> {
    let mut transaction = begin(pool).await?;
    let ended = sqlx::query("UPDATE users.users SET suspended_at = NULL WHERE id = $1 AND suspended_at IS NOT NULL")
        .bind(id)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    if ended == 0 {
        return Ok(false);
    }
    entry.record(&mut transaction).await?;
    transaction.commit().await?;
    attempts::record(Attempt::Administration, Outcome::Unsuspended, Some(id));
    Ok(true)
}

/// Makes the password useless, and ends all sign-ins and mailed links. Returns how many sign-ins went on.
pub async fn reset(pool: &PgPool, id: Uuid, entry: &Entry) -> Result<i64, ApiError> {
    let mut transaction = begin(pool).await?;
    let old: Option<String> =
        sqlx::query_scalar("SELECT password_hash FROM users.users WHERE id = $1 FOR NO KEY UPDATE")
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await?;
    sqlx::query("UPDATE users.users SET password_hash = $2 WHERE id = $1")
        .bind(id)
        .bind(unusable_hash(&old.unwrap_or_default())?)
        .execute(&mut *transaction)
        .await?;
    Ok(lock_out(transaction, id, entry, Outcome::PasswordReset).await?)
}

/// Erases the account at once, with all that belongs to it. Returns whether it was still there.
pub async fn delete(pool: &PgPool, id: Uuid, entry: &Entry) -> sqlx::Result<bool> {
    let erased = erasure::erase(pool, id, Erasable::Any, entry).await?;
    if erased {
        attempts::record(Attempt::Administration, Outcome::Deleted, Some(id));
    }
    Ok(erased)
}

/// Ends all sign-ins and mailed links in the transaction of a change, and commits it. Returns how many sign-ins
/// went on.
async fn lock_out(
    mut transaction: Transaction<'_, Postgres>,
    id: Uuid,
    entry: &Entry,
    outcome: Outcome,
) -> sqlx::Result<i64> {
    let ended = end_sign_ins(&mut transaction, id).await?;
    end_links(&mut transaction, id).await?;
    entry.record(&mut transaction).await?;
    transaction.commit().await?;
    attempts::record(Attempt::Administration, outcome, Some(id));
    Ok(ended)
}

/// Ends all sign-ins, also those whose password is being checked at this moment: their epoch is over. The account's
/// row is locked first, so that none starts between the statements.
async fn end_sign_ins(connection: &mut PgConnection, id: Uuid) -> sqlx::Result<i64> {
    sqlx::query("UPDATE users.users SET sign_in_epoch = sign_in_epoch + 1 WHERE id = $1")
        .bind(id)
        .execute(&mut *connection)
        .await?;
    sqlx::query_scalar(
        "WITH ended AS (
             UPDATE users.sign_ins SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL RETURNING id),
         revoked AS (
             UPDATE users.refresh_tokens SET revoked = true WHERE user_id = $1 AND NOT revoked AND expires_at > now()
             RETURNING family_id)
         SELECT count(DISTINCT family_id) FROM revoked JOIN ended ON ended.id = family_id",
    )
    .bind(id)
    .fetch_one(connection)
    .await
}

/// Ends the links that were mailed, and those that still wait to be.
async fn end_links(connection: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    for statement in [
        "DELETE FROM users.email_verifications WHERE user_id = $1 AND used_at IS NULL",
        "DELETE FROM users.one_time_tokens WHERE user_id = $1",
        "DELETE FROM users.email_outbox WHERE recipient_id = $1",
    ] {
        sqlx::query(statement).bind(id).execute(&mut *connection).await?;
    }
    Ok(())
}
