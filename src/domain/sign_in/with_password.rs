//! Signing in with email and password.

use uuid::Uuid;

use super::access_token::Subject;
use super::credentials::{self, Credentials};
use super::one_time_token;
use super::one_time_token::Purpose;
use super::password::Password;
use super::passwords::{Passwords, Verdict};
use super::refresh_token;
use super::refresh_token::{BY_PASSWORD, Session, Start};
use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::model::email::TypedEmail;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;

/// Minutes for which an account can be restored after its password was given.
const RESTORE_MINUTES: i32 = 10;

/// What the right password leads to.
pub enum SignedIn {
    Started(Session),
    /// The account is about to be deleted, and can be restored with this token.
    PendingDeletion {
        restore_token: String,
    },
}

/// Checks email and password and starts a sign-in. An unknown address costs the same work and gets the same response as
/// a wrong password (USER-STORY-002-S3, OWASP).
///
/// # Errors
/// `INVALID_CREDENTIALS`; with the right password only, `ACCOUNT_SUSPENDED` and `EMAIL_NOT_VERIFIED`; `OVERLOADED`.
pub async fn sign_in(
    database: &Database,
    passwords: &Passwords,
    start: &Start,
    email: &TypedEmail,
    password: &Password,
) -> Result<SignedIn, ApiError> {
    // An invalid address has no account. It must not reach a database that might fold it into a valid one.
    let account = match email.address() {
        Some(email) => credentials::find(database, &email).await?,
        None => None,
    };
    let hash = account.as_ref().map(|account| account.password_hash.as_str());
    let verdict = passwords.verify(password, hash).await.inspect_err(|error| {
        if error.code == ErrorCode::Overloaded {
            attempts::record(Attempt::SignIn, Outcome::Overloaded, None);
        }
    })?;
    let Some(account) = account else {
        attempts::record(Attempt::SignIn, Outcome::UnknownEmail, None);
        return Err(ErrorCode::InvalidCredentials.into());
    };
    if verdict == Verdict::Wrong {
        attempts::record(Attempt::SignIn, Outcome::WrongPassword, Some(account.id));
        return Err(ErrorCode::InvalidCredentials.into());
    }
    if verdict == Verdict::Outdated {
        rehash(database, passwords, &account, password).await;
    }
    if account.suspended {
        attempts::record(Attempt::SignIn, Outcome::Suspended, Some(account.id));
        return Err(ErrorCode::AccountSuspended.into());
    }
    if account.pending_deletion {
        attempts::record(Attempt::SignIn, Outcome::PendingDeletion, Some(account.id));
        let token = database.write(|| issue_restore_token(database, &account)).await?;
        return Ok(SignedIn::PendingDeletion { restore_token: token });
    }
    if !account.email_verified {
        attempts::record(Attempt::SignIn, Outcome::NotVerified, Some(account.id));
        return Err(ErrorCode::EmailNotVerified.into());
    }
    let subject = Subject { id: UserId(account.id), email: account.email, roles: account.roles };
    let Some(session) = refresh_token::issue(database, start, subject, account.sign_in_epoch, BY_PASSWORD).await?
    else {
        attempts::record(Attempt::SignIn, Outcome::Superseded, Some(account.id));
        return Err(ErrorCode::InvalidCredentials.into());
    };
    attempts::record(Attempt::SignIn, Outcome::SignedIn, Some(account.id));
    Ok(SignedIn::Started(session))
}

/// Replaces an outdated hash. A failure does not fail the sign-in, and the next one tries again.
async fn rehash(database: &Database, passwords: &Passwords, account: &Credentials, password: &Password) {
    let replaced = async {
        let hash = passwords.hash(password).await?;
        credentials::replace_hash(database, account.id, &account.password_hash, &hash).await
    };
    match replaced.await {
        Ok(()) => tracing::info!(user_id = %account.id, "replaced an outdated password hash"),
        Err(error) => tracing::warn!(user_id = %account.id, %error, "cannot replace an outdated password hash"),
    }
}

/// Issues a token that restores the account, unless its password was replaced while it was being checked.
async fn issue_restore_token(pool: &Pool, account: &Credentials) -> Result<String, OperationError> {
    let mut transaction = begin(pool).await?;
    let statement = "SELECT id FROM users.users
                     WHERE id = $1 AND sign_in_epoch = $2 AND deletes_at IS NOT NULL AND erasing_at IS NULL
                     FOR NO KEY UPDATE";
    let locked: Option<Uuid> = sqlx::query_scalar(statement)
        .bind(account.id)
        .bind(account.sign_in_epoch)
        .fetch_optional(&mut *transaction)
        .await?;
    let user = locked.ok_or(ErrorCode::InvalidCredentials)?;
    let token = one_time_token::issue(&mut transaction, Purpose::RestoreAccount, user, RESTORE_MINUTES).await?;
    transaction.commit().await?;
    Ok(token)
}
