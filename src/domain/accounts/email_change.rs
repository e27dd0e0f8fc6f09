//! Changing the address: the current one stays in force until the new one is confirmed.

use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::claims;
use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::base::rate_limit::{Bucket, Limit, RateLimits};
use crate::base::sweep::{Delete, ExpiringRows};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::audit::log::{Action, Actor, Entry, Origin};
use crate::domain::events::{self, EventType};
use crate::domain::mail::link;
use crate::domain::mail::notice::{self, Notice};
use crate::domain::sign_in::calling_user::{self, CallingUser};
use crate::domain::sign_in::client::Client;
use crate::domain::sign_in::one_time_token;
use crate::domain::sign_in::one_time_token::Purpose;
use crate::email::outbox;
use crate::model::email::Email;
use crate::model::error::{ApiError, ErrorCode};
use crate::text::error_responses;

/// Hours for which a change waits for its confirmation: as long as the link in the mail works.
const PENDING_HOURS: i32 = 24;
/// Mails to one new address, for all accounts together.
static MAILS: Limit = Limit { name: "email change to an address", burst: 3, period_ms: 3_600_000 };

/// Queues a mail with a link to the new address, and a notice to the current one. The change replaces an earlier one
/// that waits. Whether another account has the address is found out when the mail is sent, so that the response does
/// not reveal it; its owner then gets a notice instead. An address that gets too many such mails gets no further one.
///
/// # Errors
/// `UNAUTHENTICATED`; `VALIDATION_FAILED` if the address is the current one.
pub async fn request(
    database: &Database,
    limits: &RateLimits,
    caller: CallingUser,
    email: &Email,
    origin: &Origin,
    client: &Client,
) -> Result<(), ApiError> {
    // Before the limit, which a sign-in that has ended must not use up.
    calling_user::find(&**database, caller).await?;
    let sends_mail = limits.take(&[Bucket::new(&MAILS, email.folded())]).await?.allowed;
    database.write(|| set_pending(database, caller, email, sends_mail, origin, client)).await?;
    let outcome = if sends_mail { Outcome::Requested } else { Outcome::Suppressed };
    attempts::record(Attempt::EmailChange, outcome, Some(caller.id.0));
    Ok(())
}

async fn set_pending(
    pool: &Pool,
    caller: CallingUser,
    email: &Email,
    sends_mail: bool,
    origin: &Origin,
    client: &Client,
) -> Result<(), OperationError> {
    let user = caller.id.0;
    let mut transaction = begin(pool).await?;
    let account = calling_user::lock(&mut transaction, caller).await?;
    if account.email == email.as_str() {
        return Err(ApiError::field("email", error_responses::email_current()).into());
    }
    sqlx::query(
        "UPDATE users.users SET pending_email = $2, pending_email_expires_at = now() + make_interval(hours => $3)
         WHERE id = $1",
    )
    .bind(user)
    .bind(email.as_str())
    .bind(PENDING_HOURS)
    .execute(&mut *transaction)
    .await?;
    let mail = link::CHANGE_EMAIL;
    // If the same address gets no further mail, its last link stays good.
    if sends_mail || account.pending_email.as_deref() != Some(email.as_str()) {
        one_time_token::end(&mut transaction, user, mail.purpose, mail.kind).await?;
    }
    if sends_mail {
        outbox::enqueue(&mut transaction, mail.request_to(user, email.as_str())).await?;
    }
    notice::enqueue(&mut transaction, user, Notice::EmailChangeRequested, Some(client)).await?;
    Entry::new(Actor::User, Action::EmailChangeRequested, user).from(origin).record(&mut transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// Cancels the change that waits for a confirmation, if any.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn cancel(database: &Database, caller: CallingUser, origin: &Origin) -> Result<(), ApiError> {
    if database.write(|| clear_pending(database, caller, origin)).await? {
        attempts::record(Attempt::EmailChange, Outcome::Canceled, Some(caller.id.0));
    }
    Ok(())
}

async fn clear_pending(pool: &Pool, caller: CallingUser, origin: &Origin) -> Result<bool, OperationError> {
    let user = caller.id.0;
    let mut transaction = begin(pool).await?;
    if calling_user::lock(&mut transaction, caller).await?.pending_email.is_none() {
        return Ok(false);
    }
    sqlx::query("UPDATE users.users SET pending_email = NULL, pending_email_expires_at = NULL WHERE id = $1")
        .bind(user)
        .execute(&mut *transaction)
        .await?;
    let mail = link::CHANGE_EMAIL;
    one_time_token::end(&mut transaction, user, mail.purpose, mail.kind).await?;
    Entry::new(Actor::User, Action::EmailChangeCanceled, user).from(origin).record(&mut transaction).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Addresses that were never confirmed. The rows stay. Index: `users_pending_email_expires_at_idx`.
pub const EXPIRED: ExpiringRows = ExpiringRows {
    name: "requested addresses",
    select: "SELECT pending_email_expires_at, uuid_send(id) FROM users.users
             WHERE pending_email IS NOT NULL AND pending_email_expires_at < now()
                 AND (pending_email_expires_at, id) > ($1, encode($2, 'hex')::uuid) AND $4 = 0
             ORDER BY pending_email_expires_at, id LIMIT $3",
    delete: Delete::ById(
        "UPDATE users.users SET pending_email = NULL, pending_email_expires_at = NULL
         WHERE id = ANY($1) AND pending_email_expires_at < now() AND $2 = 0",
    ),
    days: 0,
};

/// Removes an address that is being erased from the changes that other accounts have requested. Index:
/// `users_pending_email_idx`.
pub async fn forget(connection: &mut PgConnection, folded_email: &str) -> sqlx::Result<()> {
    let requested = r#"UPDATE users.users SET pending_email = NULL, pending_email_expires_at = NULL
                       WHERE lower(pending_email COLLATE "C") = $1 AND pending_email IS NOT NULL RETURNING id"#;
    let users: Vec<Uuid> = sqlx::query_scalar(requested).bind(folded_email).fetch_all(&mut *connection).await?;
    let mail = link::CHANGE_EMAIL;
    for (statement, name) in [
        ("DELETE FROM users.one_time_tokens WHERE user_id = ANY($1) AND purpose = $2", mail.purpose.name()),
        ("DELETE FROM users.email_outbox WHERE recipient_id = ANY($1) AND kind = $2", mail.kind),
    ] {
        sqlx::query(statement).bind(&users).bind(name).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Puts the new address in force with the token that was mailed to it, and returns the address. The old address gets a
/// link that undoes the change.
///
/// # Errors
/// `EMAIL_ALREADY_EXISTS` if another account has the address by now, which changes nothing;
/// `INVALID_VERIFICATION_TOKEN`.
pub async fn confirm(database: &Database, token: &str, origin: &Origin, client: &Client) -> Result<String, ApiError> {
    let confirmed = database.write(|| put_in_force(database, token, origin, client)).await.map_err(ApiError::from);
    match &confirmed {
        Ok((user, _)) => attempts::record(Attempt::EmailChange, Outcome::Confirmed, Some(*user)),
        Err(error) if error.code == ErrorCode::InvalidVerificationToken => {
            attempts::record(Attempt::EmailChange, Outcome::TokenInvalid, None);
        }
        Err(error) if error.code == ErrorCode::EmailAlreadyExists => {
            attempts::record(Attempt::EmailChange, Outcome::EmailTaken, None);
        }
        Err(_) => {}
    }
    confirmed.map(|(_, email)| email)
}

async fn put_in_force(
    pool: &Pool,
    token: &str,
    origin: &Origin,
    client: &Client,
) -> Result<(Uuid, String), OperationError> {
    let mut transaction = begin(pool).await?;
    let presented = one_time_token::consume(&mut transaction, Purpose::ChangeEmail, token).await?;
    let presented = presented.ok_or(ErrorCode::InvalidVerificationToken)?;
    let (user, email) = (presented.user, presented.email.ok_or(ErrorCode::InvalidVerificationToken)?);
    // The row is locked.
    let old: Option<String> = sqlx::query_scalar(
        "SELECT email FROM users.users
         WHERE id = $1 AND pending_email = $2 AND pending_email_expires_at > now()
           AND suspended_at IS NULL AND deletes_at IS NULL",
    )
    .bind(user)
    .bind(&email)
    .fetch_optional(&mut *transaction)
    .await?;
    let old = old.ok_or(ErrorCode::InvalidVerificationToken)?;
    claims::replace_email(&mut transaction, user, &old, &email).await?;
    sqlx::query("UPDATE users.users SET email = $2, email_verified = true WHERE id = $1")
        .bind(user)
        .bind(&email)
        .execute(&mut *transaction)
        .await
        .map_err(claims::rejected)?;
    one_time_token::end_all(&mut transaction, user).await?;
    outbox::enqueue(&mut transaction, link::undo_email_change(user, &old, client)).await?;
    Entry::new(Actor::User, Action::EmailChanged, user).from(origin).record(&mut transaction).await?;
    let data = json!({ "id": user, "changed": ["email"] });
    events::record(&mut transaction, EventType::UserUpdated, user, data).await?;
    transaction.commit().await?;
    Ok((user, email))
}
