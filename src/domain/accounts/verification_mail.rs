//! The mail that asks a user to confirm an address.

use std::borrow::Cow;

use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use crate::base::database::begin;
use crate::base::database::pool::Pool;
use crate::base::random;
use crate::base::random::Secret;
use crate::domain::sign_in::one_time_token::Purpose;
use crate::email::compose::Recipient;
use crate::email::messages::ActionMail;
use crate::email::outbox;
use crate::email::outbox::Claim;
use crate::email::request::{Request, Subject};
use crate::text::mail;

pub const KIND: &str = "verification";

/// The mail, in the current language.
pub fn message() -> ActionMail {
    ActionMail {
        title: mail::verify_title(),
        preview: mail::verify_preview(),
        request: Cow::Borrowed(mail::verify_request()),
        button: mail::verify_button(),
        limits: Cow::Borrowed(mail::verify_limits()),
        unexpected: mail::verify_unexpected(),
    }
}

/// The request for the mail of a verification of `user`.
pub const fn request(user: Uuid, verification: Uuid) -> Request {
    Request { kind: KIND, subject: Subject::Verification { id: verification, user: Some(user) }, data: None }
}

/// Stores the hash of the token in this mail. Tokens mailed by earlier attempts stay valid, because the provider may
/// have delivered one without confirming it. Returns `None` if there is nothing left to send: the address is verified,
/// the link has expired, or another sender has the row.
///
/// Lock order, as everywhere: the user, then the verification, then the rest.
pub async fn store_token(
    pool: &Pool,
    claim: &Claim,
    user: Uuid,
    verification: Uuid,
    token: &Secret,
) -> sqlx::Result<Option<Recipient>> {
    let mut transaction = begin(pool).await?;
    let recipient =
        "SELECT email, username, language FROM users.users WHERE id = $1 AND NOT email_verified FOR KEY SHARE";
    let recipient: Option<Recipient> = sqlx::query_as(recipient).bind(user).fetch_optional(&mut *transaction).await?;
    // The column token_hash is for versions before migration 0011, which read only that.
    let expires_at: Option<OffsetDateTime> = sqlx::query_scalar(
        "UPDATE users.email_verifications SET token_hash = $3
         WHERE user_id = $1 AND id = $2 AND used_at IS NULL AND expires_at > now() RETURNING expires_at",
    )
    .bind(user)
    .bind(verification)
    .bind(random::sha256(token))
    .fetch_optional(&mut *transaction)
    .await?;
    let (Some(recipient), Some(expires_at)) = (recipient, expires_at) else { return Ok(None) };
    // The row of the verification is locked, so the mail cannot be discarded any more.
    if !outbox::is_claimed(&mut *transaction, claim, None).await? {
        return Ok(None);
    }
    sqlx::query(
        "INSERT INTO users.one_time_tokens (id, user_id, purpose, request_id, token_hash, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(Uuid::now_v7())
    .bind(user)
    .bind(Purpose::VerifyEmail.name())
    .bind(verification)
    .bind(random::sha256(token))
    .bind(expires_at)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(Some(recipient))
}

/// Returns whether the user still needs this mail although its link has expired.
pub async fn is_expired(pool: &Pool, user: Uuid, verification: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM users.email_verifications v JOIN users.users u ON u.id = v.user_id
                        WHERE v.user_id = $1 AND u.id = $1 AND v.id = $2 AND v.used_at IS NULL
                          AND v.expires_at <= now() AND NOT u.email_verified)",
    )
    .bind(user)
    .bind(verification)
    .fetch_one(pool)
    .await
}
