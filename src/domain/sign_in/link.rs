//! Signing in with a mailed link: the alternative when guessing has used up an account's budget.

use uuid::Uuid;

use super::access_token::Subject;
use super::one_time_token;
use super::one_time_token::Purpose;
use super::refresh_token;
use super::refresh_token::{BY_LINK, Session, Start};
use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::domain::accounts::claims;
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::mail::link;
use crate::email::outbox;
use crate::model::email::Email;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;

/// Minutes between two links. This is less than the lifetime of a link (`domain/mail/link.rs`): if someone else
/// requests one in the owner's name, that link still works until the next one can be requested.
const INTERVAL_MINUTES: i32 = 10;

/// Queues the mail and returns whether it did. It does nothing if the address is unknown or unverified, if the
/// account is suspended, or if another link is queued or was mailed less than 10 minutes ago.
pub async fn request(database: &Database, email: &Email) -> Result<bool, ApiError> {
    Ok(database.write(|| enqueue(database, email)).await?)
}

async fn enqueue(pool: &Pool, email: &Email) -> sqlx::Result<bool> {
    let Some(owner) = claims::owner_of_email(pool, email.as_str()).await? else { return Ok(false) };
    let mut transaction = begin(pool).await?;
    // Concurrent requests wait for each other here.
    let user: Option<Uuid> = sqlx::query_scalar(
        r#"SELECT id FROM users.users WHERE id = $1 AND lower(email COLLATE "C") = $2 AND email_verified
             AND suspended_at IS NULL AND deletes_at IS NULL FOR NO KEY UPDATE"#,
    )
    .bind(owner)
    .bind(email.folded())
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(user) = user else { return Ok(false) };
    // Index: one_time_tokens_user_id_idx.
    let is_recent: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM users.one_time_tokens
                        WHERE user_id = $1 AND purpose = $2 AND created_at > now() - make_interval(mins => $3))",
    )
    .bind(user)
    .bind(Purpose::SignIn.name())
    .bind(INTERVAL_MINUTES)
    .fetch_one(&mut *transaction)
    .await?;
    if is_recent || outbox::is_waiting(&mut *transaction, user, link::SIGN_IN.kind).await? {
        return Ok(false);
    }
    outbox::enqueue(&mut transaction, link::SIGN_IN.request(user)).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Consumes the token of a link and starts a sign-in in the same transaction.
///
/// # Errors
/// `INVALID_SIGN_IN_TOKEN` if the token is unknown, expired or used.
pub async fn sign_in(database: &Database, start: &Start, token: &str) -> Result<Session, ApiError> {
    let session = database.write(|| exchange(database, start, token)).await.map_err(ApiError::from);
    match &session {
        Ok(session) => attempts::record(Attempt::SignIn, Outcome::SignedInWithLink, Some(session.subject.id.0)),
        Err(error) if error.code == ErrorCode::InvalidSignInToken => {
            attempts::record(Attempt::SignIn, Outcome::LinkInvalid, None);
        }
        Err(_) => {}
    }
    session
}

async fn exchange(pool: &Pool, start: &Start, token: &str) -> Result<Session, OperationError> {
    let mut transaction = begin(pool).await?;
    let presented = one_time_token::consume(&mut transaction, Purpose::SignIn, token).await?;
    let account: Option<(Uuid, String, Vec<String>, i32)> = sqlx::query_as(
        "SELECT id, email, roles, sign_in_epoch FROM users.users
         WHERE id = $1 AND email_verified AND suspended_at IS NULL AND deletes_at IS NULL",
    )
    .bind(presented.map(|presented| presented.user))
    .fetch_optional(&mut *transaction)
    .await?;
    let (id, email, roles, epoch) = account.ok_or(ErrorCode::InvalidSignInToken)?;
    let subject = Subject { id: UserId(id), email, roles };
    let session = refresh_token::begin_sign_in(&mut transaction, start, subject, epoch, BY_LINK).await?;
    transaction.commit().await?;
    session.ok_or_else(|| ErrorCode::InvalidSignInToken.into())
}
