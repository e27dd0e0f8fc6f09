//! The mail with a sign-in link.

use sqlx::PgPool;
use uuid::Uuid;

use super::one_time_token::Purpose;
use crate::base::random;
use crate::base::random::Secret;
use crate::email::compose::Recipient;
use crate::email::messages::ActionMail;
use crate::email::outbox::Claim;
use crate::email::request::{Request, Subject};
use crate::text::mail;

pub const KIND: &str = "sign_in_link";

/// Minutes for which a link is valid and its mail is worth sending.
const MINUTES: i32 = 15;

pub const MESSAGE: ActionMail = ActionMail {
    title: mail::SIGN_IN_TITLE,
    preview: mail::SIGN_IN_PREVIEW,
    request: mail::SIGN_IN_REQUEST,
    button: mail::SIGN_IN_BUTTON,
    limits: mail::SIGN_IN_LIMITS,
    unexpected: mail::SIGN_IN_UNEXPECTED,
};

/// The request for a link for this user.
pub const fn request(user: Uuid) -> Request {
    Request { kind: KIND, subject: Subject::Recipient(user) }
}

/// Stores the hash of the token in this mail. Tokens mailed by earlier attempts stay valid, because the provider may
/// have delivered one without confirming it. Returns `None` if there is nothing left to send: the mail was queued
/// more than [`MINUTES`] ago, or another sender has the row.
///
/// Lock order, as everywhere: the user, then the rest.
pub async fn store_token(pool: &PgPool, claim: &Claim, user: Uuid, token: &Secret) -> sqlx::Result<Option<Recipient>> {
    sqlx::query_as(
        "WITH recipient AS (
             SELECT u.id, u.email, u.username FROM users.users u WHERE u.id = $1
               AND EXISTS (SELECT FROM users.email_outbox o WHERE o.id = $5 AND o.attempts = $6
                           AND o.created_at > now() - make_interval(mins => $7))
             FOR KEY SHARE),
         token AS (
             INSERT INTO users.one_time_tokens (id, user_id, purpose, request_id, token_hash, expires_at)
             SELECT $3, id, $4, $5, $2, now() + make_interval(mins => $7) FROM recipient)
         SELECT email, username FROM recipient",
    )
    .bind(user)
    .bind(random::sha256(token))
    .bind(Uuid::now_v7())
    .bind(Purpose::SignIn.name())
    .bind(claim.id)
    .bind(claim.attempts)
    .bind(MINUTES)
    .fetch_optional(pool)
    .await
}

/// Returns whether the mail has expired, which is the case if its row still exists: deleting the user deletes the row.
pub async fn is_expired(pool: &PgPool, claim: &Claim) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM users.email_outbox WHERE id = $1 AND attempts = $2)")
        .bind(claim.id)
        .bind(claim.attempts)
        .fetch_one(pool)
        .await
}
