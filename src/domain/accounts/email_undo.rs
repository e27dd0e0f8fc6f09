//! Taking back an account whose address was changed by someone else.

use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::settings::SelfService;
use super::{claims, erasure};
use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::audit::log::{Action, Actor, Entry, Origin};
use crate::domain::events::{self, EventType};
use crate::domain::mail::link;
use crate::domain::mail::notice::{self, Notice};
use crate::domain::sign_in::client::Client;
use crate::domain::sign_in::one_time_token::{Presented, Purpose, Valid};
use crate::domain::sign_in::passwords::unusable_hash;
use crate::domain::sign_in::{one_time_token, revocation};
use crate::email::outbox;
use crate::model::error::{ApiError, ErrorCode};

/// Restores the address that the token was mailed to, and returns it. Everything that an intruder could use to come
/// back ends: the password, all sign-ins, all links, and the undo links of this and later changes. A link to choose
/// a new password is mailed to the restored address. Links of earlier changes stay valid: an owner whose address was
/// changed twice can still restore the first one.
///
/// # Errors
/// `EMAIL_ALREADY_EXISTS` if another account has verified the address by now; `INVALID_VERIFICATION_TOKEN`.
pub async fn undo(
    database: &Database,
    token: &str,
    settings: SelfService,
    origin: &Origin,
    client: &Client,
) -> Result<String, ApiError> {
    clear_squatter(database, token).await?;
    let undone = database.write(|| restore(database, token, settings, origin, client)).await.map_err(ApiError::from);
    match &undone {
        Ok((user, _)) => attempts::record(Attempt::EmailChange, Outcome::Undone, Some(*user)),
        Err(error) if error.code == ErrorCode::InvalidVerificationToken => {
            attempts::record(Attempt::EmailChange, Outcome::TokenInvalid, None);
        }
        Err(error) if error.code == ErrorCode::EmailAlreadyExists => {
            attempts::record(Attempt::EmailChange, Outcome::EmailTaken, None);
        }
        Err(_) => {}
    }
    undone.map(|(_, email)| email)
}

async fn restore(
    pool: &Pool,
    token: &str,
    settings: SelfService,
    origin: &Origin,
    client: &Client,
) -> Result<(Uuid, String), OperationError> {
    let mut transaction = begin(pool).await?;
    let presented = one_time_token::consume(&mut transaction, Purpose::UndoEmailChange, token).await?;
    let Some(Presented { user, email: Some(email), request }) = presented else {
        return Err(ErrorCode::InvalidVerificationToken.into());
    };
    // The row is locked. The account may be about to be deleted, and can be restored after the reset.
    let account = "SELECT email, password_hash FROM users.users
                   WHERE id = $1 AND suspended_at IS NULL AND erasing_at IS NULL";
    let account: Option<(String, String)> =
        sqlx::query_as(account).bind(user).fetch_optional(&mut *transaction).await?;
    let (current, hash) = account.ok_or(ErrorCode::InvalidVerificationToken)?;
    let hash = unusable_hash(&hash)?;
    if let Some(squatter) = squatter(&mut transaction, user, &email).await? {
        let entry = Entry::new(Actor::AddressOwner, Action::AccountRejected, squatter).from(origin);
        erasure::delete_unverified(&mut transaction, squatter, &entry).await?;
    }
    claims::replace_email(&mut transaction, user, &current, &email).await?;
    sqlx::query(
        "UPDATE users.users SET email = $2, email_verified = true, password_hash = $3, password_changed_at = now()
         WHERE id = $1",
    )
    .bind(user)
    .bind(&email)
    .bind(hash)
    .execute(&mut *transaction)
    .await
    .map_err(claims::rejected)?;
    revocation::revoke_all(&mut transaction, user, None).await?;
    one_time_token::end_all(&mut transaction, user).await?;
    // Requests are numbered by time (UUIDv7).
    for statement in [
        "UPDATE users.one_time_tokens SET used_at = now()
         WHERE user_id = $1 AND purpose = 'undo_email_change' AND request_id >= $2 AND used_at IS NULL",
        "DELETE FROM users.email_outbox WHERE recipient_id = $1 AND kind = 'undo_email_change' AND id >= $2",
    ] {
        sqlx::query(statement).bind(user).bind(request).execute(&mut *transaction).await?;
    }
    notice::enqueue(&mut transaction, user, Notice::EmailChangeUndone, Some(client)).await?;
    outbox::enqueue(&mut transaction, link::reset_unusable(user, settings.reset_minutes)).await?;
    Entry::new(Actor::AddressOwner, Action::EmailChangeUndone, user).from(origin).record(&mut transaction).await?;
    let data = json!({ "id": user, "changed": ["email"] });
    events::record(&mut transaction, EventType::UserUpdated, user, data).await?;
    transaction.commit().await?;
    Ok((user, email))
}

/// Returns the account that an intruder may have registered with the old address, to block its return. They cannot have
/// verified it.
async fn squatter(connection: &mut PgConnection, user: Uuid, email: &str) -> sqlx::Result<Option<Uuid>> {
    let Some(owner) = claims::owner_of_email(&mut *connection, email).await?.filter(|owner| *owner != user) else {
        return Ok(None);
    };
    let statement = "SELECT id FROM users.users WHERE id = $1 AND NOT email_verified";
    sqlx::query_scalar(statement).bind(owner).fetch_optional(connection).await
}

/// Deletes the rows of such an account in batches, so that deleting the account itself is a small step.
async fn clear_squatter(pool: &Pool, token: &str) -> sqlx::Result<()> {
    let mut connection = pool.acquire().await?;
    let valid = one_time_token::peek(&mut connection, Purpose::UndoEmailChange, token).await?;
    let Some(Valid { user, email: Some(email) }) = valid else { return Ok(()) };
    let squatter = squatter(&mut connection, user, &email).await?;
    drop(connection);
    match squatter {
        Some(squatter) => erasure::clear_unverified(pool, squatter).await,
        None => Ok(()),
    }
}
