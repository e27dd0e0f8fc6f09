//! Lookups and changes of accounts by an operator. Each change adds a row to the audit log.

use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use super::claims;
use super::settings::SelfService;
use crate::base::database::begin;
use crate::base::database::pool::Pool;
use crate::domain::audit::log::Entry;
use crate::domain::events::{self, EventType};
use crate::domain::mail::link;
use crate::domain::mail::notice::{self, Notice};
use crate::domain::sign_in::passwords::unusable_hash;
use crate::domain::sign_in::{one_time_token, revocation};
use crate::email::outbox;
use crate::model::error::ApiError;

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
    pub deletes_at: Option<OffsetDateTime>,
    pub pending_email: Option<String>,
    /// Active sign-ins.
    pub sessions: i64,
}

/// Returns the account with this id, email or username, ignoring case.
pub async fn find(pool: &Pool, account: &str) -> sqlx::Result<Option<Account>> {
    let mut id = account.parse::<Uuid>().ok();
    if id.is_none() {
        id = claims::owner_of_email(pool, account).await?;
    }
    if id.is_none() {
        id = claims::owner_of_username(pool, account).await?;
    }
    // Indexes: users_pkey, sign_ins_user_id_idx, refresh_tokens_live_idx.
    sqlx::query_as(
        "SELECT u.id, u.username, u.email, u.email_verified, u.roles, u.created_at, u.suspended_at, u.deletes_at,
                CASE WHEN u.pending_email_expires_at > now() THEN u.pending_email END AS pending_email,
                (SELECT count(*) FROM users.sign_ins f
                 WHERE f.user_id = $1 AND f.revoked_at IS NULL
                   AND EXISTS (SELECT FROM users.refresh_tokens t
                               WHERE t.user_id = $1 AND t.family_id = f.id AND NOT t.revoked AND t.expires_at > now())) AS sessions
         FROM users.users u WHERE u.id = $1",
    )
    .bind(id)
    .fetch_optional(pool)
    .await
}

/// Replaces the roles of the account. Tokens contain the new roles after the next refresh.
pub async fn set_roles(pool: &Pool, id: Uuid, roles: &[String], entry: &Entry) -> sqlx::Result<()> {
    let mut transaction = begin(pool).await?;
    let update = sqlx::query("UPDATE users.users SET roles = $2 WHERE id = $1").bind(id).bind(roles);
    update.execute(&mut *transaction).await?;
    entry.record(&mut transaction).await?;
    transaction.commit().await
}

/// Revokes all sign-ins of the account and returns how many were active.
pub async fn revoke_sessions(pool: &Pool, id: Uuid, entry: &Entry) -> sqlx::Result<u64> {
    let mut transaction = begin(pool).await?;
    let revoked = revocation::revoke_all(&mut transaction, id, None).await?;
    entry.record(&mut transaction).await?;
    transaction.commit().await?;
    Ok(revoked)
}

/// Suspends the account. It keeps its data, but signing in is blocked, its sign-ins and mailed links are revoked, and
/// access tokens that are still valid cannot change anything. The owner gets a notice. Returns how many sign-ins were
/// active.
pub async fn suspend(pool: &Pool, id: Uuid, entry: &Entry) -> sqlx::Result<u64> {
    let mut transaction = begin(pool).await?;
    let suspended = sqlx::query("UPDATE users.users SET suspended_at = now() WHERE id = $1 AND suspended_at IS NULL")
        .bind(id)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    let revoked = lock_out(&mut transaction, id).await?;
    if suspended > 0 {
        notice::enqueue(&mut transaction, id, Notice::Suspended, None).await?;
        events::record(&mut transaction, EventType::UserSuspended, id, json!({ "id": id })).await?;
    }
    entry.record(&mut transaction).await?;
    transaction.commit().await?;
    Ok(revoked)
}

/// Lifts the suspension and returns whether there was one. The user has to sign in again, and gets a notice. A deletion
/// that was requested before starts its grace period again: the owner may not have been able to restore the account.
pub async fn unsuspend(pool: &Pool, id: Uuid, settings: SelfService, entry: &Entry) -> sqlx::Result<bool> {
    let mut transaction = begin(pool).await?;
    let lifted = sqlx::query("UPDATE users.users SET suspended_at = NULL WHERE id = $1 AND suspended_at IS NOT NULL")
        .bind(id)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    if lifted == 0 {
        return Ok(false);
    }
    sqlx::query(
        "UPDATE users.users SET deletes_at = greatest(deletes_at, now() + make_interval(days => $2))
         WHERE id = $1 AND erasing_at IS NULL AND deletes_at IS NOT NULL",
    )
    .bind(id)
    .bind(settings.deletion_grace_days)
    .execute(&mut *transaction)
    .await?;
    notice::enqueue(&mut transaction, id, Notice::Unsuspended, None).await?;
    events::record(&mut transaction, EventType::UserUnsuspended, id, json!({ "id": id })).await?;
    entry.record(&mut transaction).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Makes the password unusable, revokes all sign-ins and mailed links, and mails a link to choose a new password to the
/// account's address, which works for `minutes`. Returns how many sign-ins were active.
pub async fn reset(pool: &Pool, id: Uuid, minutes: i32, entry: &Entry) -> Result<u64, ApiError> {
    let mut transaction = begin(pool).await?;
    let old: Option<String> =
        sqlx::query_scalar("SELECT password_hash FROM users.users WHERE id = $1 FOR NO KEY UPDATE")
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await?;
    sqlx::query("UPDATE users.users SET password_hash = $2, password_changed_at = now() WHERE id = $1")
        .bind(id)
        .bind(unusable_hash(&old.unwrap_or_default())?)
        .execute(&mut *transaction)
        .await?;
    let revoked = lock_out(&mut transaction, id).await?;
    notice::enqueue(&mut transaction, id, Notice::PasswordInvalidated, None).await?;
    outbox::enqueue(&mut transaction, link::reset_unusable(id, minutes)).await?;
    entry.record(&mut transaction).await?;
    transaction.commit().await?;
    Ok(revoked)
}

/// Queues a mail that tells the owner that the account will be erased. [`super::erasure::erase`] discards it if it is
/// still waiting, since an erasure leaves the address nowhere.
pub async fn announce_deletion(pool: &Pool, id: Uuid) -> sqlx::Result<()> {
    let mut transaction = begin(pool).await?;
    sqlx::query("SELECT FROM users.users WHERE id = $1 FOR KEY SHARE").bind(id).execute(&mut *transaction).await?;
    notice::enqueue(&mut transaction, id, Notice::Deleted, None).await?;
    transaction.commit().await
}

/// Returns whether a notice to the account is still waiting to be sent.
pub async fn has_notice(pool: &Pool, id: Uuid) -> sqlx::Result<bool> {
    outbox::is_waiting(pool, id, notice::KIND).await
}

/// Revokes all sign-ins and mailed links in the transaction of a change. Returns how many sign-ins were active.
async fn lock_out(connection: &mut PgConnection, id: Uuid) -> sqlx::Result<u64> {
    let revoked = revocation::revoke_all(connection, id, None).await?;
    one_time_token::end_all(connection, id).await?;
    Ok(revoked)
}
