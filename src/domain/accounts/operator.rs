//! Lookups and changes of accounts by an operator. Each change adds a row to the audit log.

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

/// An account as operators see it, without its password hash.
#[derive(sqlx::FromRow)]
pub struct Account {
    pub id: Uuid,
    pub username: String,
    pub email: String,
    pub email_verified: bool,
    pub roles: Vec<String>,
    pub created_at: OffsetDateTime,
    pub suspended_at: Option<OffsetDateTime>,
    /// Active sign-ins.
    pub sessions: i64,
}

/// Returns the account with this id, email or username, ignoring case. Indexes: `users_pkey`, `users_email_folded_key`,
/// `users_username_folded_key`.
pub async fn find(pool: &PgPool, account: &str) -> sqlx::Result<Option<Account>> {
    sqlx::query_as(
        r#"SELECT u.id, u.username, u.email, u.email_verified, u.roles, u.created_at, u.suspended_at,
                (SELECT count(*) FROM users.sign_ins f
                 WHERE f.user_id = u.id AND f.revoked_at IS NULL
                   AND EXISTS (SELECT FROM users.refresh_tokens t
                               WHERE t.family_id = f.id AND NOT t.revoked AND t.expires_at > now())) AS sessions
         FROM users.users u
         WHERE u.id = $2 OR lower(u.email COLLATE "C") = $1 OR lower(u.username COLLATE "C") = $1"#,
    )
    .bind(fold(account))
    .bind(account.parse::<Uuid>().ok())
    .fetch_optional(pool)
    .await
}

/// Replaces the roles of the account. Tokens contain the new roles after the next refresh.
pub async fn set_roles(pool: &PgPool, id: Uuid, roles: &[String], entry: &Entry) -> sqlx::Result<()> {
    let mut transaction = begin(pool).await?;
    let update = sqlx::query("UPDATE users.users SET roles = $2 WHERE id = $1").bind(id).bind(roles);
    update.execute(&mut *transaction).await?;
    entry.record(&mut transaction).await?;
    transaction.commit().await
}

/// Revokes all sign-ins of the account and returns how many were active.
pub async fn revoke_sessions(pool: &PgPool, id: Uuid, entry: &Entry) -> sqlx::Result<i64> {
    let mut transaction = begin(pool).await?;
    let revoked = revoke_sign_ins(&mut transaction, id).await?;
    entry.record(&mut transaction).await?;
    transaction.commit().await?;
    attempts::record(Attempt::Administration, Outcome::SignInsRevoked, Some(id));
    Ok(revoked)
}

/// Suspends the account. It keeps its data, but signing in is blocked, its sign-ins and mailed links are revoked, and
/// access tokens that are still valid cannot change anything. Returns how many sign-ins were active.
pub async fn suspend(pool: &PgPool, id: Uuid, entry: &Entry) -> sqlx::Result<i64> {
    let mut transaction = begin(pool).await?;
    sqlx::query("UPDATE users.users SET suspended_at = coalesce(suspended_at, now()) WHERE id = $1")
        .bind(id)
        .execute(&mut *transaction)
        .await?;
    lock_out(transaction, id, entry, Outcome::Suspended).await
}

/// Lifts the suspension and returns whether there was one. The user has to sign in again.
pub async fn unsuspend(pool: &PgPool, id: Uuid, entry: &Entry) -> sqlx::Result<bool> {
    let mut transaction = begin(pool).await?;
    let lifted = sqlx::query("UPDATE users.users SET suspended_at = NULL WHERE id = $1 AND suspended_at IS NOT NULL")
        .bind(id)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    if lifted == 0 {
        return Ok(false);
    }
    entry.record(&mut transaction).await?;
    transaction.commit().await?;
    attempts::record(Attempt::Administration, Outcome::Unsuspended, Some(id));
    Ok(true)
}

/// Makes the password unusable, and revokes all sign-ins and mailed links. Returns how many sign-ins were active.
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

/// Erases the account with everything that belongs to it. Returns whether it still existed.
pub async fn delete(pool: &PgPool, id: Uuid, entry: &Entry) -> sqlx::Result<bool> {
    let erased = erasure::erase(pool, id, Erasable::Any, entry).await?;
    if erased {
        attempts::record(Attempt::Administration, Outcome::Deleted, Some(id));
    }
    Ok(erased)
}

/// Revokes all sign-ins and mailed links in the transaction of a change, and commits it. Returns how many sign-ins were
/// active.
async fn lock_out(
    mut transaction: Transaction<'_, Postgres>,
    id: Uuid,
    entry: &Entry,
    outcome: Outcome,
) -> sqlx::Result<i64> {
    let revoked = revoke_sign_ins(&mut transaction, id).await?;
    delete_links(&mut transaction, id).await?;
    entry.record(&mut transaction).await?;
    transaction.commit().await?;
    attempts::record(Attempt::Administration, outcome, Some(id));
    Ok(revoked)
}

/// Revokes all sign-ins. The new epoch also stops those whose password is being checked. The account's row is locked
/// first, so that none starts between the statements. Indexes: `sign_ins_user_id_idx`, `refresh_tokens_user_id_idx`.
async fn revoke_sign_ins(connection: &mut PgConnection, id: Uuid) -> sqlx::Result<i64> {
    sqlx::query("UPDATE users.users SET sign_in_epoch = sign_in_epoch + 1 WHERE id = $1")
        .bind(id)
        .execute(&mut *connection)
        .await?;
    sqlx::query_scalar(
        "WITH sign_ins AS (
             UPDATE users.sign_ins SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL RETURNING id),
         tokens AS (
             UPDATE users.refresh_tokens SET revoked = true WHERE user_id = $1 AND NOT revoked AND expires_at > now()
             RETURNING family_id)
         SELECT count(DISTINCT family_id) FROM tokens JOIN sign_ins ON sign_ins.id = family_id",
    )
    .bind(id)
    .fetch_one(connection)
    .await
}

/// Deletes mailed links, and the mails with links that are still queued.
async fn delete_links(connection: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    for statement in [
        "DELETE FROM users.email_verifications WHERE user_id = $1 AND used_at IS NULL",
        "DELETE FROM users.one_time_tokens WHERE user_id = $1",
        "DELETE FROM users.email_outbox WHERE recipient_id = $1",
    ] {
        sqlx::query(statement).bind(id).execute(&mut *connection).await?;
    }
    Ok(())
}
