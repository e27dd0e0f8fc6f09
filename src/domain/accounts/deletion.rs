//! Deletion at the user's request: hidden at once, erased after a grace period, and restored by signing in before that.

use serde_json::json;

use super::settings::SelfService;
use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::audit::log::{Action, Actor, Entry, Origin};
use crate::domain::events::{self, EventType};
use crate::domain::graph::hiding;
use crate::domain::mail::notice::{self, Notice};
use crate::domain::sign_in::access_token::Subject;
use crate::domain::sign_in::calling_user::{self, CallingUser};
use crate::domain::sign_in::client::Client;
use crate::domain::sign_in::one_time_token::{Purpose, TokenReference};
use crate::domain::sign_in::refresh_token::{self, BY_PASSWORD, Session, Start};
use crate::domain::sign_in::{one_time_token, revocation};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;
use crate::model::timestamp::Timestamp;

/// Hides the caller and schedules the erasure. Returns when it will happen. All sign-ins and mailed links end.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn request(
    database: &Database,
    caller: CallingUser,
    settings: SelfService,
    origin: &Origin,
    client: &Client,
) -> Result<Timestamp, ApiError> {
    let deletes_at = database.write(|| schedule(database, caller, settings, origin, client)).await?;
    attempts::record(Attempt::Deletion, Outcome::Requested, Some(caller.id.0));
    Ok(deletes_at)
}

async fn schedule(
    pool: &Pool,
    caller: CallingUser,
    settings: SelfService,
    origin: &Origin,
    client: &Client,
) -> Result<Timestamp, OperationError> {
    let user = caller.id.0;
    let mut transaction = begin(pool).await?;
    hiding::lock(&mut transaction, user).await?;
    calling_user::lock(&mut transaction, caller).await?;
    let deletes_at: Timestamp = sqlx::query_scalar(
        "UPDATE users.users SET deletes_at = now() + make_interval(days => $2) WHERE id = $1 RETURNING deletes_at",
    )
    .bind(user)
    .bind(settings.deletion_grace_days)
    .fetch_one(&mut *transaction)
    .await?;
    hiding::hide(&mut transaction, user).await?;
    revocation::revoke_all(&mut transaction, user, None).await?;
    one_time_token::end_all(&mut transaction, user).await?;
    let until = Some(deletes_at.clone());
    notice::enqueue_until(&mut transaction, user, Notice::DeletionRequested, Some(client), until).await?;
    Entry::new(Actor::User, Action::DeletionRequested, user).from(origin).record(&mut transaction).await?;
    let data = json!({ "id": user, "deletes_at": deletes_at });
    events::record(&mut transaction, EventType::UserDeletionRequested, user, data).await?;
    transaction.commit().await?;
    Ok(deletes_at)
}

/// Restores an account that is about to be deleted, and starts a sign-in. Follows come back with it: all of them at
/// once, or for very many, in the background. Without a well-formed token, it fails as with an unknown one.
///
/// # Errors
/// `INVALID_SIGN_IN_TOKEN`, also once the account is being erased.
pub async fn restore(
    database: &Database,
    token: Option<&TokenReference>,
    start: &Start,
    origin: &Origin,
) -> Result<Session, ApiError> {
    let restored = database.write(|| revive(database, token, start, origin)).await.map_err(ApiError::from);
    match &restored {
        Ok(session) => attempts::record(Attempt::Restoration, Outcome::Restored, Some(session.subject.id.0)),
        Err(error) if error.code == ErrorCode::InvalidSignInToken => {
            attempts::record(Attempt::Restoration, Outcome::TokenInvalid, None);
        }
        Err(_) => {}
    }
    let session = restored?;
    if let Err(error) = hiding::advance(database, session.subject.id.0).await {
        tracing::warn!(%error, "follows are restored in the background");
    }
    Ok(session)
}

async fn revive(
    pool: &Pool,
    token: Option<&TokenReference>,
    start: &Start,
    origin: &Origin,
) -> Result<Session, OperationError> {
    let token = token.ok_or(ErrorCode::InvalidSignInToken)?;
    let mut transaction = begin(pool).await?;
    let purpose = Purpose::RestoreAccount;
    let valid = one_time_token::peek_referred(&mut transaction, purpose, token).await?;
    hiding::lock(&mut transaction, valid.ok_or(ErrorCode::InvalidSignInToken)?.user).await?;
    let presented = one_time_token::consume_referred(&mut transaction, purpose, token).await?;
    let user = presented.ok_or(ErrorCode::InvalidSignInToken)?.user;
    // The row is locked: an erasure has begun, or it will find the account restored.
    let account: Option<(String, Vec<String>, i32)> = sqlx::query_as(
        "UPDATE users.users SET deletes_at = NULL
         WHERE id = $1 AND deletes_at IS NOT NULL AND erasing_at IS NULL AND suspended_at IS NULL
         RETURNING email, roles, sign_in_epoch",
    )
    .bind(user)
    .fetch_optional(&mut *transaction)
    .await?;
    let (email, roles, epoch) = account.ok_or(ErrorCode::InvalidSignInToken)?;
    hiding::restore(&mut transaction, user).await?;
    one_time_token::end_all(&mut transaction, user).await?;
    let subject = Subject { id: UserId(user), email, roles };
    let session = refresh_token::begin_sign_in(&mut transaction, start, subject, epoch, BY_PASSWORD).await?;
    let session = session.ok_or(ErrorCode::InvalidSignInToken)?;
    notice::enqueue(&mut transaction, user, Notice::Restored, Some(&start.client)).await?;
    Entry::new(Actor::User, Action::AccountRestored, user).from(origin).record(&mut transaction).await?;
    events::record(&mut transaction, EventType::UserRestored, user, json!({ "id": user })).await?;
    transaction.commit().await?;
    Ok(session)
}
