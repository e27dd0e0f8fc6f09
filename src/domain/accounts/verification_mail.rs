//! The mail that asks a user to confirm an address.

use std::borrow::Cow;

use sqlx::PgPool;
use uuid::Uuid;

use crate::base::random;
use crate::base::random::Secret;
use crate::domain::sign_in::one_time_token::Purpose;
use crate::email::compose::Recipient;
use crate::email::messages::ActionMail;
use crate::email::outbox::Claim;
use crate::email::request::{Request, Subject};
use crate::text::mail;

pub const KIND: &str = "verification";

pub const MESSAGE: ActionMail = ActionMail {
    title: mail::VERIFY_TITLE,
    preview: mail::VERIFY_PREVIEW,
    request: Cow::Borrowed(mail::VERIFY_REQUEST),
    button: mail::VERIFY_BUTTON,
    limits: Cow::Borrowed(mail::VERIFY_LIMITS),
    unexpected: mail::VERIFY_UNEXPECTED,
};

/// The request for the mail of a verification.
pub const fn request(verification: Uuid) -> Request {
    Request { kind: KIND, subject: Subject::Verification(verification), data: None }
}

/// Stores the hash of the token in this mail. Tokens mailed by earlier attempts stay valid, because the provider may
/// have delivered one without confirming it. Returns `None` if there is nothing left to send: the address is verified,
/// the link has expired, or another sender has the row.
///
/// Lock order, as everywhere: the user, then the verification, then the rest.
pub async fn store_token(
    pool: &PgPool,
    claim: &Claim,
    verification: Uuid,
    token: &Secret,
) -> sqlx::Result<Option<Recipient>> {
    // The column token_hash is for versions before migration 0011, which read only that.
    sqlx::query_as(
        "WITH recipient AS (
             SELECT u.id, u.email, u.username FROM users.users u
             WHERE u.id = (SELECT user_id FROM users.email_verifications WHERE id = $1) AND NOT u.email_verified
             FOR KEY SHARE),
         verification AS (
             UPDATE users.email_verifications v SET token_hash = $2 FROM recipient
             WHERE v.id = $1 AND v.user_id = recipient.id AND v.used_at IS NULL AND v.expires_at > now()
               AND EXISTS (SELECT FROM users.email_outbox o WHERE o.id = $5 AND o.attempts = $6)
             RETURNING v.user_id, v.expires_at),
         token AS (
             INSERT INTO users.one_time_tokens (id, user_id, purpose, request_id, token_hash, expires_at)
             SELECT $3, user_id, $4, $1, $2, expires_at FROM verification)
         SELECT recipient.email, recipient.username FROM recipient JOIN verification ON user_id = recipient.id",
    )
    .bind(verification)
    .bind(random::sha256(token))
    .bind(Uuid::now_v7())
    .bind(Purpose::VerifyEmail.name())
    .bind(claim.id)
    .bind(claim.attempts)
    .fetch_optional(pool)
    .await
}

/// Returns whether the user still needs this mail although its link has expired.
pub async fn is_expired(pool: &PgPool, verification: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM users.email_verifications v JOIN users.users u ON u.id = v.user_id
                        WHERE v.id = $1 AND v.used_at IS NULL AND v.expires_at <= now() AND NOT u.email_verified)",
    )
    .bind(verification)
    .fetch_one(pool)
    .await
}
