//! Signing in with a mailed link: the way in when guessing has used up what an account allows.

use sqlx::PgPool;
use uuid::Uuid;

use super::access_token::Subject;
use super::link_mail;
use super::one_time_token;
use super::one_time_token::Purpose;
use super::refresh_token;
use super::refresh_token::{Client, Session, SignInDays};
use crate::base::database::error::OperationError;
use crate::base::database::{Database, begin};
use crate::base::random;
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::email::outbox;
use crate::model::email::Email;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;

/// Minutes between two links. Less than a link is good for (`link_mail`): if others ask in the owner's
/// name, the last link they caused still works.
const INTERVAL_MINUTES: i32 = 10;

/// Asks for the mail. Nothing happens for an address that is unknown or not verified, or while another link
/// is on its way or was mailed less than 10 minutes ago. Returns whether a mail is to be sent.
pub async fn request(database: &Database, email: &Email) -> Result<bool, ApiError> {
    Ok(database.write(|| enqueue(database, email)).await?)
}

async fn enqueue(pool: &PgPool, email: &Email) -> sqlx::Result<bool> {
    let mut transaction = begin(pool).await?;
    // Requests at the same time wait here for each other. Index: users_email_folded_key.
    let user: Option<Uuid> = sqlx::query_scalar(
        r#"SELECT id FROM users.users WHERE lower(email COLLATE "C") = $1 AND email_verified AND suspended_at IS NULL
           FOR NO KEY UPDATE"#,
    )
    .bind(email.folded())
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(user) = user else { return Ok(false) };
    let is_recent: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM users.one_time_tokens
                        WHERE user_id = $1 AND purpose = $2 AND created_at > now() - make_interval(mins => $3))
             OR EXISTS (SELECT FROM users.email_outbox
                        WHERE recipient_id = $1 AND kind = $4 AND dead_at IS NULL)",
    )
    .bind(user)
    .bind(Purpose::SignIn.name())
    .bind(INTERVAL_MINUTES)
    .bind(link_mail::KIND)
    .fetch_one(&mut *transaction)
    .await?;
    if !is_recent {
        outbox::enqueue(&mut transaction, link_mail::request(user)).await?;
        transaction.commit().await?;
    }
    Ok(!is_recent)
}

/// Uses up the token from a link and starts a sign-in, both or neither.
///
/// # Errors
/// `INVALID_SIGN_IN_TOKEN` when it is unknown, expired or used.
pub async fn sign_in(database: &Database, days: SignInDays, token: &str, client: &Client) -> Result<Session, ApiError> {
    let session = match random::decode(token) {
        Some(_) => database.write(|| exchange(database, days, token, client)).await.map_err(ApiError::from),
        None => Err(ErrorCode::InvalidSignInToken.into()),
    };
    match &session {
        Ok(session) => attempts::record(Attempt::SignIn, Outcome::SignedInWithLink, Some(session.subject.id.0)),
        Err(error) if error.code == ErrorCode::InvalidSignInToken => {
            attempts::record(Attempt::SignIn, Outcome::LinkInvalid, None);
        }
        Err(_) => {}
    }
    session
}

async fn exchange(pool: &PgPool, days: SignInDays, token: &str, client: &Client) -> Result<Session, OperationError> {
    let mut transaction = begin(pool).await?;
    let user = one_time_token::consume(&mut transaction, Purpose::SignIn, token).await?;
    let account: Option<(Uuid, String, Vec<String>, i32)> = sqlx::query_as(
        "SELECT id, email, roles, sign_in_epoch FROM users.users
         WHERE id = $1 AND email_verified AND suspended_at IS NULL",
    )
    .bind(user)
    .fetch_optional(&mut *transaction)
    .await?;
    let (id, email, roles, epoch) = account.ok_or(ErrorCode::InvalidSignInToken)?;
    let subject = Subject { id: UserId(id), email, roles };
    let session = refresh_token::start(&mut *transaction, days, subject, epoch, client).await?;
    transaction.commit().await?;
    session.ok_or_else(|| ErrorCode::InvalidSignInToken.into())
}
