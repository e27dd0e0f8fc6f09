//! Changing the password, knowing the current one (OWASP ASVS 6.2.3).

use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::audit::log::{Action, Actor, Entry, Origin};
use crate::domain::mail::notice::{self, Notice};
use crate::domain::sign_in::calling_user::{self, CallingUser};
use crate::domain::sign_in::client::Client;
use crate::domain::sign_in::refresh_token::{self, Session, SignInDays};
use crate::domain::sign_in::{one_time_token, revocation};
use crate::model::error::{ApiError, ErrorCode};

/// A new hash, and the one that the current password was checked against.
pub struct Change {
    pub old_hash: String,
    pub new_hash: String,
}

/// Replaces the password and ends all other sign-ins, all mailed links and a pending change of the address. Returns the
/// caller's sign-in with a new token.
///
/// # Errors
/// `UNAUTHENTICATED` if the sign-in has ended; `WRONG_PASSWORD` if the password has changed since it was checked.
pub async fn change(
    database: &Database,
    days: SignInDays,
    caller: CallingUser,
    change: Change,
    origin: &Origin,
    client: &Client,
) -> Result<Session, ApiError> {
    let session = database.write(|| replace(database, days, caller, &change, origin, client)).await?;
    attempts::record(Attempt::PasswordChange, Outcome::Changed, Some(caller.id.0));
    Ok(session)
}

async fn replace(
    pool: &Pool,
    days: SignInDays,
    caller: CallingUser,
    change: &Change,
    origin: &Origin,
    client: &Client,
) -> Result<Session, OperationError> {
    let user = caller.id.0;
    // Tokens of earlier versions name none. A new one does.
    let sign_in = caller.sign_in_id()?;
    let mut transaction = begin(pool).await?;
    if calling_user::lock(&mut transaction, caller).await?.password_hash != change.old_hash {
        return Err(ErrorCode::WrongPassword.into());
    }
    sqlx::query("UPDATE users.users SET password_hash = $2, password_changed_at = now() WHERE id = $1")
        .bind(user)
        .bind(&change.new_hash)
        .execute(&mut *transaction)
        .await?;
    revocation::revoke_all(&mut transaction, user, Some(sign_in.id)).await?;
    one_time_token::end_all(&mut transaction, user).await?;
    let session = refresh_token::replace(&mut transaction, days, sign_in).await?;
    notice::enqueue(&mut transaction, user, Notice::PasswordChanged, Some(client)).await?;
    Entry::new(Actor::User, Action::PasswordChanged, user).from(origin).record(&mut transaction).await?;
    let session = session.ok_or(ErrorCode::Unauthenticated)?;
    transaction.commit().await?;
    Ok(session)
}
