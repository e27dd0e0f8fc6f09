//! Following and unfollowing. Functions in the database lock, change and count in one call
//! (`migrations/0020_follow_functions.sql`, `0027_relations.sql`).

use super::outcome::{self, Outcome};
use crate::base::database::Database;
use crate::domain::sign_in::calling_user::CallingUser;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::graph::FollowState;
use crate::model::id::UserId;
use crate::text::error_responses;

/// How a follow ended.
pub struct Followed {
    pub state: FollowState,
    pub is_new: bool,
}

/// Makes `follower` follow `followee`, or ask a private one.
///
/// # Errors
/// `CANNOT_FOLLOW_SELF`, checked first (USER-STORY-004-S4); `USER_NOT_FOUND`, even if the account is deleted
/// concurrently; `USER_BLOCKED` if `follower` blocks `followee`; `RATE_LIMITED` if they follow too many users;
/// `UNAUTHENTICATED` if the account of `follower` is not active or the sign-in has ended.
pub async fn follow(database: &Database, follower: CallingUser, followee: UserId) -> Result<Followed, ApiError> {
    if follower.id == followee {
        return Err(ErrorCode::CannotFollowSelf.into());
    }
    // 7,500, or as many as follow the user.
    let follow = "SELECT users.follow_or_request($1, $2, $3, 7500)";
    let (state, is_new) = match outcome::change(database, follow, follower, followee).await? {
        Outcome::Requested => (FollowState::Requested, true),
        Outcome::Pending => (FollowState::Requested, false),
        Outcome::Blocking => return Err(ErrorCode::UserBlocked.into()),
        Outcome::Limit => return Err(ApiError::new(ErrorCode::RateLimited, error_responses::too_many_follows())),
        outcome => (FollowState::Following, outcome == Outcome::New),
    };
    Ok(Followed { state, is_new })
}

/// Makes `follower` unfollow `followee`, and cancels a request. Does nothing if there is neither.
///
/// # Errors
/// `UNAUTHENTICATED` if the account of `follower` is not active or the sign-in has ended.
pub async fn unfollow(database: &Database, follower: CallingUser, followee: UserId) -> Result<(), ApiError> {
    outcome::end(database, "SELECT users.unfollow($1, $2, $1, $3)", follower, followee).await
}

/// Removes `follower` from the followers of `followee`. Does nothing if there is no such follow.
///
/// # Errors
/// `UNAUTHENTICATED` if the account of `followee` is not active or the sign-in has ended.
pub async fn remove_follower(database: &Database, followee: CallingUser, follower: UserId) -> Result<(), ApiError> {
    outcome::end(database, "SELECT users.unfollow($1, $2, $3, $1)", followee, follower).await
}
