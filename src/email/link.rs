//! The links in mails: each mail gets a token of its own when it is sent.

use sqlx::PgPool;
use url::Url;
use uuid::Uuid;

use super::address;
use super::messages;
use super::messages::Mail;
use super::outbox::Claim;
use super::request::Request;
use crate::base::random;
use crate::base::random::Secret;
use crate::domain::sign_in::one_time_token::Purpose;

/// Minutes that a sign-in link works, and for which its mail is worth sending.
const SIGN_IN_MINUTES: i32 = 15;

/// The user that a mail goes to.
#[derive(sqlx::FromRow)]
pub struct Recipient {
    pub email: String,
    pub username: String,
}

/// Stores the hash of a token that the mail is about to carry. Tokens that earlier attempts have mailed stay
/// good: the provider may have delivered one without saying so. `None` when nothing is left to send: the
/// address is verified, the time is over, or another sender has the row.
///
/// Rows are locked in the order that holds everywhere: the user, then the verification, then the rest.
///
/// # Errors
/// Faults of the database.
pub async fn store_token(pool: &PgPool, claim: &Claim, token: &Secret) -> sqlx::Result<Option<Recipient>> {
    match claim.request {
        Request::Verification(id) => {
            // The column token_hash is for versions before 0011, which look nowhere else.
            sqlx::query_as(
                "WITH person AS (
                     SELECT u.id, u.email, u.username FROM users.users u
                     WHERE u.id = (SELECT user_id FROM users.email_verifications WHERE id = $1) AND NOT u.email_verified
                     FOR KEY SHARE),
                 verification AS (
                     UPDATE users.email_verifications v SET token_hash = $2 FROM person
                     WHERE v.id = $1 AND v.user_id = person.id AND v.used_at IS NULL AND v.expires_at > now()
                       AND EXISTS (SELECT FROM users.email_outbox o WHERE o.id = $5 AND o.attempts = $6)
                     RETURNING v.user_id, v.expires_at),
                 token AS (
                     INSERT INTO users.one_time_tokens (id, user_id, purpose, request_id, token_hash, expires_at)
                     SELECT $3, user_id, $4, $1, $2, expires_at FROM verification)
                 SELECT person.email, person.username FROM person JOIN verification ON user_id = person.id",
            )
            .bind(id)
            .bind(random::sha256(token))
            .bind(Uuid::now_v7())
            .bind(Purpose::VerifyEmail.name())
            .bind(claim.id)
            .bind(claim.attempts)
            .fetch_optional(pool)
            .await
        }
        Request::SignInLink(user) => {
            sqlx::query_as(
                "WITH person AS (
                     SELECT u.id, u.email, u.username FROM users.users u WHERE u.id = $1
                       AND EXISTS (SELECT FROM users.email_outbox o WHERE o.id = $5 AND o.attempts = $6
                                   AND o.created_at > now() - make_interval(mins => $7))
                     FOR KEY SHARE),
                 token AS (
                     INSERT INTO users.one_time_tokens (id, user_id, purpose, request_id, token_hash, expires_at)
                     SELECT $3, id, $4, $5, $2, now() + make_interval(mins => $7) FROM person)
                 SELECT email, username FROM person",
            )
            .bind(user)
            .bind(random::sha256(token))
            .bind(Uuid::now_v7())
            .bind(Purpose::SignIn.name())
            .bind(claim.id)
            .bind(claim.attempts)
            .bind(SIGN_IN_MINUTES)
            .fetch_optional(pool)
            .await
        }
    }
}

/// Whether the user still waits for this mail, although it is too late for its link.
///
/// # Errors
/// Faults of the database.
pub async fn is_late(pool: &PgPool, claim: &Claim) -> sqlx::Result<bool> {
    match claim.request {
        Request::Verification(id) => {
            sqlx::query_scalar(
                "SELECT EXISTS (SELECT FROM users.email_verifications v JOIN users.users u ON u.id = v.user_id
                                WHERE v.id = $1 AND v.used_at IS NULL AND v.expires_at <= now() AND NOT u.email_verified)",
            )
            .bind(id)
            .fetch_one(pool)
            .await
        }
        // Its user exists, or the row would not.
        Request::SignInLink(_) => {
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM users.email_outbox WHERE id = $1 AND attempts = $2)")
                .bind(claim.id)
                .bind(claim.attempts)
                .fetch_one(pool)
                .await
        }
    }
}

/// The mail of this kind, with its link.
pub fn mail(request: Request, from: &str, recipient: &Recipient, public_url: &Url, token: &Secret) -> Mail {
    let link = |path: &str| {
        let mut link = public_url.clone();
        link.set_path(path);
        link.set_query(Some(&format!("token={}", random::encode(token))));
        link
    };
    let (email, username) = (&address::quoted(&recipient.email), &recipient.username);
    match request {
        Request::Verification(_) => messages::verification(from, email, username, link("/verify-email").as_str()),
        Request::SignInLink(_) => messages::sign_in_link(from, email, username, link("/sign-in-link").as_str()),
    }
}
