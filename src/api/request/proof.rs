//! Proof of identity for sensitive operations (OWASP ASVS 7.5.1, 7.5.3): a recent one, or the password in the same
//! request.

use super::context::context;
use super::throttle;
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::sign_in::calling_user;
use crate::domain::sign_in::calling_user::{Account, CallingUser};
use crate::domain::sign_in::password::Password;
use crate::domain::sign_in::passwords::Verdict;
use crate::domain::sign_in::reauthentication::is_fresh;
use crate::model::email::TypedEmail;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::validation::Problems;

/// Checks the password if the caller sent one. Otherwise, the caller must have proved their identity recently.
///
/// # Errors
/// `REAUTHENTICATION_REQUIRED`; as [`check_password`].
pub async fn require_fresh(
    caller: CallingUser,
    current_password: Option<String>,
    attempt: Attempt,
) -> Result<(), ApiError> {
    // A form sends the field even if it is empty.
    match current_password.filter(|password| !password.is_empty()) {
        Some(password) => {
            let mut problems = Problems::default();
            let password = problems.note("current_password", Password::parse_typed(password)).ok_or(problems)?;
            check_password(caller, &password, attempt).await.map(drop)
        }
        None if is_fresh(&context().database, caller) => Ok(()),
        None => Err(ErrorCode::ReauthenticationRequired.into()),
    }
}

/// Checks the caller's password, and returns their account. A wrong one counts against the limits of signing in to the
/// account, and is an outcome of `attempt`.
///
/// # Errors
/// `WRONG_PASSWORD`; `UNAUTHENTICATED` if the sign-in has ended; `RATE_LIMITED`; `OVERLOADED`.
pub async fn check_password(caller: CallingUser, password: &Password, attempt: Attempt) -> Result<Account, ApiError> {
    let context = context();
    let account = calling_user::find(&*context.database, caller).await?;
    let email = TypedEmail::parse(&account.email).map_err(|_| ErrorCode::Internal)?;
    let admission = throttle::throttle_sign_in(&email).await?;
    let outcome = match context.passwords.verify(password, Some(&account.password_hash)).await {
        Ok(Verdict::Right | Verdict::Outdated) => Ok(account),
        Ok(Verdict::Wrong) => {
            attempts::record(attempt, Outcome::WrongPassword, Some(caller.id.0));
            Err(ErrorCode::WrongPassword.into())
        }
        Err(error) => Err(error),
    };
    if let Err(error) = admission.settle(&context.rate_limits, &outcome).await {
        tracing::warn!(%error, "the rate limits of a password check were not settled");
    }
    outcome
}
