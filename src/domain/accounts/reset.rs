//! Resetting a forgotten password with a mailed link (OWASP Forgot Password).

use uuid::Uuid;

use super::claims;
use super::password_choice::PasswordChoice;
use super::settings::SelfService;
use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::base::rate_limit::{Bucket, Limit, RateLimits};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::audit::log::{Action, Actor, Entry, Origin};
use crate::domain::events::{self, EventType};
use crate::domain::mail::link;
use crate::domain::mail::notice::{self, Notice};
use crate::domain::sign_in::client::Client;
use crate::domain::sign_in::one_time_token;
use crate::domain::sign_in::one_time_token::Purpose;
use crate::domain::sign_in::password::Password;
use crate::domain::sign_in::passwords::Passwords;
use crate::domain::sign_in::revocation;
use crate::email::outbox;
use crate::model::email::Email;
use crate::model::error::{ApiError, ErrorCode};

/// Mails to one address, for all clients together.
static MAILS: Limit = Limit { name: "password reset", burst: 3, period_ms: 3_600_000 };

/// The accounts that can be reset: a suspended one cannot, one that is about to be deleted can.
const RESETTABLE: &str = "suspended_at IS NULL AND erasing_at IS NULL";

/// Queues a mail with a link, which replaces earlier ones, and returns whether it did. It does nothing if no account
/// has the address, or if the address got three mails within the hour: the last link then still works.
pub async fn request(
    database: &Database,
    limits: &RateLimits,
    email: &Email,
    settings: SelfService,
    origin: &Origin,
) -> Result<bool, ApiError> {
    let Some(user) = find(database, email).await? else {
        attempts::record(Attempt::ResetRequest, Outcome::UnknownEmail, None);
        return Ok(false);
    };
    if !limits.take(&[Bucket::new(&MAILS, email.folded())]).await?.allowed {
        attempts::record(Attempt::ResetRequest, Outcome::Suppressed, Some(user));
        return Ok(false);
    }
    let entry = Entry::new(Actor::Visitor, Action::PasswordResetRequested, user).from(origin);
    let is_queued = database.write(|| enqueue(database, user, settings, &entry)).await?;
    if is_queued {
        attempts::record(Attempt::ResetRequest, Outcome::Requested, Some(user));
    }
    Ok(is_queued)
}

async fn find(pool: &Pool, email: &Email) -> sqlx::Result<Option<Uuid>> {
    let Some(owner) = claims::owner_of_email(pool, email.as_str()).await? else { return Ok(None) };
    let statement = format!("SELECT id FROM users.users WHERE id = $1 AND {RESETTABLE}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).bind(owner).fetch_optional(pool).await
}

async fn enqueue(pool: &Pool, user: Uuid, settings: SelfService, entry: &Entry) -> sqlx::Result<bool> {
    let mut transaction = begin(pool).await?;
    // Concurrent requests wait for each other here.
    let statement = format!("SELECT id FROM users.users WHERE id = $1 AND {RESETTABLE} FOR NO KEY UPDATE");
    let locked: Option<Uuid> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).bind(user).fetch_optional(&mut *transaction).await?;
    if locked.is_none() {
        return Ok(false);
    }
    let mail = link::RESET_PASSWORD;
    one_time_token::end(&mut transaction, user, mail.purpose, mail.kind).await?;
    outbox::enqueue(&mut transaction, mail.request_for(user, settings.reset_minutes)).await?;
    entry.record(&mut transaction).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Replaces the password. The link proves that the caller owns the mailbox, so the address counts as verified, and
/// whatever its last user may have left ends: all sign-ins, links, remembered devices and a pending change of the
/// address. It does not sign in. A rejected password and a failed hash leave the token as it is.
///
/// # Errors
/// `INVALID_RESET_TOKEN`; `VALIDATION_FAILED` for a password that is too easy to guess; `OVERLOADED`.
pub async fn reset(
    database: &Database,
    passwords: &Passwords,
    choice: &PasswordChoice,
    token: &str,
    password: &Password,
    origin: &Origin,
    client: &Client,
) -> Result<(), ApiError> {
    let Some((email, username)) = names(database, token).await? else { return Err(invalid()) };
    choice.check(password, &email, &username).await?;
    let hash = passwords.hash(password).await?;
    let outcome = database.write(|| exchange(database, token, &hash, origin, client)).await;
    match outcome.map_err(ApiError::from) {
        Ok(user) => {
            attempts::record(Attempt::PasswordReset, Outcome::Changed, Some(user));
            Ok(())
        }
        Err(error) if error.code == ErrorCode::InvalidResetToken => Err(invalid()),
        Err(error) => Err(error),
    }
}

/// Returns the address and the username of the account that the token resets.
async fn names(pool: &Pool, token: &str) -> sqlx::Result<Option<(String, String)>> {
    let mut connection = pool.acquire().await?;
    let Some(valid) = one_time_token::peek(&mut connection, Purpose::ResetPassword, token).await? else {
        return Ok(None);
    };
    let names = "SELECT email, username FROM users.users WHERE id = $1";
    sqlx::query_as(names).bind(valid.user).fetch_optional(&mut *connection).await
}

fn invalid() -> ApiError {
    attempts::record(Attempt::PasswordReset, Outcome::TokenInvalid, None);
    ErrorCode::InvalidResetToken.into()
}

async fn exchange(
    pool: &Pool,
    token: &str,
    hash: &str,
    origin: &Origin,
    client: &Client,
) -> Result<Uuid, OperationError> {
    let mut transaction = begin(pool).await?;
    let presented = one_time_token::consume(&mut transaction, Purpose::ResetPassword, token).await?;
    let user = presented.ok_or(ErrorCode::InvalidResetToken)?.user;
    // The row is locked.
    let statement = format!("SELECT email_verified FROM users.users WHERE id = $1 AND {RESETTABLE}");
    let was_verified: Option<bool> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).bind(user).fetch_optional(&mut *transaction).await?;
    let was_verified = was_verified.ok_or(ErrorCode::InvalidResetToken)?;
    sqlx::query(
        "UPDATE users.users SET password_hash = $2, password_changed_at = now(), email_verified = true WHERE id = $1",
    )
    .bind(user)
    .bind(hash)
    .execute(&mut *transaction)
    .await?;
    revocation::revoke_all(&mut transaction, user, None).await?;
    one_time_token::end_all(&mut transaction, user).await?;
    notice::enqueue(&mut transaction, user, Notice::PasswordReset, Some(client)).await?;
    Entry::new(Actor::AddressOwner, Action::PasswordReset, user).from(origin).record(&mut transaction).await?;
    if !was_verified {
        events::record(&mut transaction, EventType::UserVerified, user, serde_json::json!({ "id": user })).await?;
    }
    transaction.commit().await?;
    Ok(user)
}
