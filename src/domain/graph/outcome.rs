//! What the functions in the database return (`migrations/0027_relations.sql`).

use crate::base::database::{Database, violated_constraint};
use crate::domain::sign_in::calling_user::CallingUser;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;
use crate::text::error_responses;

/// What is so after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Outcome {
    /// It was changed.
    New,
    /// The caller follows the user already.
    Following,
    /// The caller has asked to follow the user.
    Requested,
    /// The caller had asked already.
    Pending,
    /// The caller blocks the user, since before.
    Blocking,
    /// The caller mutes the user, since before.
    Muting,
    /// The caller follows too many users.
    Limit,
    /// There is no such user, or the user blocks the caller.
    Missing,
    /// The account of the caller is not active, or the sign-in has ended.
    Ended,
}

impl Outcome {
    /// # Errors
    /// `USER_NOT_FOUND`, `UNAUTHENTICATED`.
    pub const fn check(self) -> Result<Self, ErrorCode> {
        match self {
            Self::Missing => Err(ErrorCode::UserNotFound),
            Self::Ended => Err(ErrorCode::Unauthenticated),
            outcome => Ok(outcome),
        }
    }
}

/// Rejects what no user can do to themselves.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn reject_self(caller: CallingUser, user: UserId) -> Result<(), ApiError> {
    if caller.id == user { Err(ApiError::field("id", error_responses::yourself())) } else { Ok(()) }
}

/// Calls a function that changes what is between the caller ($1, with the sign-in $2) and a user ($3).
///
/// # Errors
/// `USER_NOT_FOUND`, also if the account is deleted at the same time or its user blocks the caller; `UNAUTHENTICATED` if
/// the account of the caller is not active or the sign-in has ended.
pub async fn change(
    database: &Database,
    function: &'static str,
    caller: CallingUser,
    user: UserId,
) -> Result<Outcome, ApiError> {
    let change =
        || sqlx::query_scalar(function).bind(caller.id.0).bind(caller.sign_in).bind(user.0).fetch_one(&**database);
    match database.write(change).await {
        Ok(outcome) => Ok(Outcome::check(outcome)?),
        Err(error) => Err(violated_constraint(&error).map_or_else(|| error.into(), ApiError::from)),
    }
}

/// The same for functions that only return whether the caller is live.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn end(
    database: &Database,
    function: &'static str,
    caller: CallingUser,
    user: UserId,
) -> Result<(), ApiError> {
    let end =
        || sqlx::query_scalar(function).bind(caller.id.0).bind(caller.sign_in).bind(user.0).fetch_one(&**database);
    let is_live: bool = database.write(end).await?;
    if is_live { Ok(()) } else { Err(ErrorCode::Unauthenticated.into()) }
}
