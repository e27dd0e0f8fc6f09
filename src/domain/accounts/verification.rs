//! Verification: the proof that an address belongs to the user of its account.

use futures::future::BoxFuture;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{claims, erasure, verification_mail};
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::base::sweep::{self, Delete, ExpiringRows};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::audit::log::{Action, Actor, Entry, Origin};
use crate::domain::events::{self, EventType};
use crate::domain::sign_in::one_time_token::{Purpose, TokenReference};
use crate::email::outbox;
use crate::model::email::Email;
use crate::model::error::{ApiError, ErrorCode};

/// Hours for which a link is valid.
const LINK_HOURS: i32 = 24;

/// Seconds after a mail until the next can be requested. They grow with the number of mails. An address that belongs to
/// someone else gets at most seven mails on the first day and four on each further day.
const WAITS: [i32; 4] = [60, 5 * 60, 3600, 6 * 3600];

/// Accounts whose address was not verified within this many days, so that an address cannot be blocked by someone else.
/// A mailed link works until it expires: the account is kept until then, and [`resend`] queues no further mail
/// for an account older than this. Indexes:
/// `users_unverified_idx`, `email_verifications_user_id_idx`.
pub const fn never_verified(days: u32) -> ExpiringRows {
    ExpiringRows {
        name: "accounts that were never verified",
        select: "SELECT created_at, uuid_send(id) FROM users.users
                 WHERE NOT email_verified AND created_at < now() - make_interval(days => $4)
                     AND NOT EXISTS (SELECT FROM users.email_verifications v
                                     WHERE v.user_id = users.id AND v.expires_at > now())
                     AND (created_at, id) > ($1, encode($2, 'hex')::uuid)
                 ORDER BY created_at, id LIMIT $3",
        delete: Delete::OneByOne(delete_never_verified),
        days: days.cast_signed(),
    }
}

fn delete_never_verified<'a>(pool: &'a Pool, keys: &'a [Vec<u8>], days: i32) -> BoxFuture<'a, sqlx::Result<u64>> {
    Box::pin(async move {
        let mut deleted = 0;
        for user in sweep::ids(keys)? {
            deleted += u64::from(erasure::erase_never_verified(pool, user, days).await?);
        }
        Ok(deleted)
    })
}

/// Queues the mail with the link, in the transaction that creates or locks the account. The token is generated when the
/// mail is sent, so that it is never stored in the clear.
pub async fn request(connection: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    insert(connection, user, 0).await
}

async fn insert(connection: &mut PgConnection, user: Uuid, resends: i32) -> sqlx::Result<()> {
    let id = Uuid::now_v7();
    sqlx::query(
        "INSERT INTO users.email_verifications (id, user_id, expires_at, resends)
         VALUES ($1, $2, now() + make_interval(hours => $3), $4)",
    )
    .bind(id)
    .bind(user)
    .bind(LINK_HOURS)
    .bind(resends)
    .execute(&mut *connection)
    .await?;
    outbox::enqueue(connection, verification_mail::request(user, id)).await?;
    Ok(())
}

/// Queues a new mail, which invalidates older links, and returns whether it did. It does nothing if the address is
/// unknown or verified, if the last mail is too recent, or if the account is older than `unverified_days`: such an
/// account is deleted as soon as its last link has expired.
///
/// Lock order, as everywhere: the user, then its verifications, then the outbox.
pub async fn resend(database: &Database, email: &Email, unverified_days: u32) -> Result<bool, ApiError> {
    Ok(database.write(|| request_again(database, email, unverified_days)).await?)
}

async fn request_again(pool: &Pool, email: &Email, unverified_days: u32) -> sqlx::Result<bool> {
    let Some(owner) = claims::owner_of_email(pool, email.as_str()).await? else { return Ok(false) };
    let mut transaction = begin(pool).await?;
    let user: Option<Uuid> = sqlx::query_scalar(
        r#"SELECT id FROM users.users
         WHERE id = $3 AND lower(email COLLATE "C") = $1 AND NOT email_verified AND suspended_at IS NULL
           AND created_at > now() - make_interval(days => $2::int)
         FOR NO KEY UPDATE"#,
    )
    .bind(email.folded())
    .bind(i64::from(unverified_days))
    .bind(owner)
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(user) = user else { return Ok(false) };
    // A separate statement, so that it sees a mail that was queued by the request that held the lock before. Index:
    // email_verifications_user_id_idx.
    let resends: Option<i32> = sqlx::query_scalar(
        "SELECT CASE WHEN count(*) = 0 THEN 0
                     WHEN bool_and(created_at + make_interval(secs => ($2::int[])[least(resends + 1, cardinality($2::int[]))])
                                   <= clock_timestamp())
                     THEN max(resends) + 1 END
         FROM users.email_verifications WHERE user_id = $1",
    )
    .bind(user)
    .bind(&WAITS[..])
    .fetch_one(&mut *transaction)
    .await?;
    let Some(resends) = resends else { return Ok(false) };
    sqlx::query(
        "WITH replaced AS (DELETE FROM users.email_verifications WHERE user_id = $1 RETURNING id)
         DELETE FROM users.one_time_tokens WHERE user_id = $1 AND request_id IN (SELECT id FROM replaced)",
    )
    .bind(user)
    .execute(&mut *transaction)
    .await?;
    outbox::discard_kind(&mut transaction, user, verification_mail::KIND).await?;
    insert(&mut transaction, user, resends).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Verifies the account of a link's token. Every link mailed for a verification works until it expires or the user
/// requests another mail. A second click succeeds like the first.
///
/// # Errors
/// `INVALID_VERIFICATION_TOKEN` if the token is unknown, expired or replaced by a newer one.
pub async fn verify(database: &Database, token: &str) -> Result<(), ApiError> {
    let user = match TokenReference::of(token) {
        Some(token) => database.write(|| consume(database, &token)).await?,
        None => None,
    };
    let Some(user) = user else {
        attempts::record(Attempt::Verification, Outcome::TokenInvalid, None);
        return Err(ErrorCode::InvalidVerificationToken.into());
    };
    attempts::record(Attempt::Verification, Outcome::Verified, Some(user));
    Ok(())
}

/// An account that a link can verify.
#[derive(sqlx::FromRow)]
pub struct Unverified {
    pub id: Uuid,
    pub username: String,
}

/// Returns the account that a link would verify, if the link still works and the account is not verified yet. This does
/// not consume the token.
pub async fn unverified(pool: &Pool, token: &str) -> Result<Option<Unverified>, ApiError> {
    let Some(token) = TokenReference::of(token) else { return Ok(None) };
    let Some((verification, user)) = find(pool, &token).await? else { return Ok(None) };
    let found = sqlx::query_as(
        "SELECT u.id, u.username FROM users.email_verifications v JOIN users.users u ON u.id = v.user_id
         WHERE v.user_id = $2 AND u.id = $2 AND v.id = $1 AND v.used_at IS NULL AND v.expires_at > now()
           AND NOT u.email_verified",
    )
    .bind(verification)
    .bind(user)
    .fetch_optional(pool)
    .await?;
    Ok(found)
}

/// Deletes the account that a link would verify: the owner of the address did not create it.
///
/// # Errors
/// `INVALID_VERIFICATION_TOKEN` if the link no longer works or the account is verified.
pub async fn reject(database: &Database, token: &str, origin: &Origin) -> Result<(), ApiError> {
    if let Some(Unverified { id, .. }) = unverified(database, token).await? {
        let entry = Entry::new(Actor::AddressOwner, Action::AccountRejected, id).from(origin);
        if database.write(|| erasure::erase_unverified(database, id, &entry)).await? {
            attempts::record(Attempt::AccountRejection, Outcome::AccountRejected, Some(id));
            return Ok(());
        }
    }
    attempts::record(Attempt::AccountRejection, Outcome::TokenInvalid, None);
    Err(ErrorCode::InvalidVerificationToken.into())
}

/// Returns the verification that a token was mailed for, and its user. Indexes: `email_verifications_token_hash_key`,
/// `one_time_tokens_token_hash_key`.
async fn find(pool: &Pool, token: &TokenReference) -> sqlx::Result<Option<(Uuid, Uuid)>> {
    let Some(owner) = token.owner(pool).await? else { return Ok(None) };
    // Tokens mailed by versions before migration 0011 are only in the column token_hash.
    sqlx::query_as(
        "SELECT id, user_id FROM users.email_verifications
         WHERE user_id = $3 AND (token_hash = $1 OR id = (
             SELECT request_id FROM users.one_time_tokens WHERE user_id = $3 AND token_hash = $1 AND purpose = $2))",
    )
    .bind(token.hash())
    .bind(Purpose::VerifyEmail.name())
    .bind(owner)
    .fetch_optional(pool)
    .await
}

/// Lock order, as everywhere: the user, then the verification.
async fn consume(pool: &Pool, token: &TokenReference) -> sqlx::Result<Option<Uuid>> {
    let Some((verification, user)) = find(pool, token).await? else { return Ok(None) };
    let mut transaction = begin(pool).await?;
    sqlx::query("SELECT FROM users.users WHERE id = $1 FOR NO KEY UPDATE")
        .bind(user)
        .execute(&mut *transaction)
        .await?;
    let valid = "SELECT used_at IS NOT NULL FROM users.email_verifications
                 WHERE user_id = $1 AND id = $2 AND (used_at IS NOT NULL OR expires_at > now())";
    let is_used: Option<bool> =
        sqlx::query_scalar(valid).bind(user).bind(verification).fetch_optional(&mut *transaction).await?;
    let Some(is_used) = is_used else { return Ok(None) };
    if !is_used {
        sqlx::query("UPDATE users.email_verifications SET used_at = now() WHERE user_id = $1 AND id = $2")
            .bind(user)
            .bind(verification)
            .execute(&mut *transaction)
            .await?;
    }
    let verified = sqlx::query("UPDATE users.users SET email_verified = true WHERE id = $1 AND NOT email_verified")
        .bind(user)
        .execute(&mut *transaction)
        .await?;
    if verified.rows_affected() > 0 {
        events::record(&mut transaction, EventType::UserVerified, user, json!({ "id": user })).await?;
    }
    transaction.commit().await?;
    Ok(Some(user))
}
