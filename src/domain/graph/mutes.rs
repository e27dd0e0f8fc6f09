//! Mutes, of which only the user who mutes learns. They change nothing in this service: others read them from the
//! relationships.

use super::outcome::{self, Outcome};
use crate::base::database::{Database, violated_constraint};
use crate::domain::sign_in::calling_user::CallingUser;
use crate::model::error::ApiError;
use crate::model::id::UserId;
use crate::model::timestamp::Timestamp;

/// Makes `muter` mute `muted`, for `seconds` or for good. Returns whether the mute is new, and when it ends.
///
/// # Errors
/// `VALIDATION_FAILED` for `muter` themselves; `USER_NOT_FOUND`; `UNAUTHENTICATED` if the account of `muter` is not active or the sign-in has
/// ended.
pub async fn mute(
    database: &Database,
    muter: CallingUser,
    muted: UserId,
    seconds: Option<u32>,
) -> Result<(bool, Option<Timestamp>), ApiError> {
    outcome::reject_self(muter, muted)?;
    let mute = || {
        let statement = sqlx::query_as("SELECT outcome, until FROM users.mute($1, $2, $3, $4)").bind(muter.id.0);
        let statement = statement.bind(muter.sign_in).bind(muted.0).bind(seconds.map(f64::from));
        statement.fetch_one(&**database)
    };
    match database.write(mute).await {
        Ok((outcome, until)) => Ok((Outcome::check(outcome)? == Outcome::New, until)),
        Err(error) => Err(violated_constraint(&error).map_or_else(|| error.into(), ApiError::from)),
    }
}

/// Ends a mute. Does nothing if there is none.
///
/// # Errors
/// `UNAUTHENTICATED` if the account of `muter` is not active or the sign-in has ended.
pub async fn unmute(database: &Database, muter: CallingUser, muted: UserId) -> Result<(), ApiError> {
    outcome::end(database, "SELECT users.unmute($1, $2, $3)", muter, muted).await
}
