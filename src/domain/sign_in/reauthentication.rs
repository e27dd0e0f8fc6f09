//! Proves the caller's identity again in a sign-in (RFC 9470).

use time::Duration;

use super::calling_user::{self, CallingUser};
use super::refresh_token::{self, RefreshToken, Session, Start};
use super::rotation;
use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::audit::log::{Action, Actor, Entry, Origin};
use crate::model::error::{ApiError, ErrorCode};

/// How long a proof is fresh enough for sensitive operations (OWASP ASVS 7.5.3).
const FRESH: Duration = Duration::minutes(10);

/// Returns whether the caller has proved their identity recently.
#[must_use]
pub fn is_fresh(database: &Database, caller: CallingUser) -> bool {
    caller.authenticated_at.is_some_and(|at| database.now() - at < FRESH)
}

/// Records a proof in the caller's sign-in, after the password was checked, and returns the sign-in with a new token.
/// `presented` is the refresh token of the request: if it belongs to the sign-in, it is exchanged, so that another tab
/// that uses it at the same moment gets the same successor.
///
/// # Errors
/// `UNAUTHENTICATED` if the sign-in has ended.
pub async fn renew(
    database: &Database,
    start: &Start,
    caller: CallingUser,
    presented: Option<RefreshToken>,
    origin: &Origin,
) -> Result<Session, ApiError> {
    // Tokens of earlier versions name no sign-in. A new one does.
    let sign_in = caller.sign_in_id()?;
    let presented = match presented {
        Some(token) if rotation::live_sign_in(database, start.days, &token).await? == Some(sign_in) => Some(token),
        _ => None,
    };
    let replaced = database.write(|| prove(database, start, caller, presented.is_none(), origin)).await?;
    let session = match (presented, replaced) {
        (Some(token), _) => rotation::rotate(database, start, &token).await?,
        (None, session) => session.ok_or(ErrorCode::Unauthenticated)?,
    };
    attempts::record(Attempt::Reauthentication, Outcome::Proven, Some(caller.id.0));
    Ok(session)
}

/// Records the proof. Returns the sign-in with a new token if `replaces`.
async fn prove(
    pool: &Pool,
    start: &Start,
    caller: CallingUser,
    replaces: bool,
    origin: &Origin,
) -> Result<Option<Session>, OperationError> {
    let sign_in = caller.sign_in_id()?;
    let mut transaction = begin(pool).await?;
    calling_user::lock(&mut transaction, caller).await?;
    let session = if replaces {
        refresh_token::replace(&mut transaction, start.days, sign_in).await?
    } else {
        refresh_token::renew_proof(&mut transaction, sign_in).await?;
        None
    };
    Entry::new(Actor::User, Action::Reauthenticated, caller.id.0).from(origin).record(&mut transaction).await?;
    transaction.commit().await?;
    Ok(session)
}
