//! Following and unfollowing. Functions in the database lock, change and count in one call
//! (`migrations/0020_follow_functions.sql`).

use crate::base::database::{Database, violated_constraint};
use crate::domain::sign_in::calling_user::CallingUser;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;

/// Makes `follower` follow `followee`. Returns whether the follow is new.
///
/// # Errors
/// `CANNOT_FOLLOW_SELF`, checked first (USER-STORY-004-S4); `USER_NOT_FOUND`, even if the account is deleted
/// concurrently; `UNAUTHENTICATED` if the account of `follower` is not active or the sign-in has ended.
pub async fn follow(database: &Database, follower: CallingUser, followee: UserId) -> Result<bool, ApiError> {
    if follower.id == followee {
        return Err(ErrorCode::CannotFollowSelf.into());
    }
    let follow = || {
        sqlx::query_as(
            "SELECT is_live, coalesce(is_visible, false), coalesce(is_new, false) FROM users.follow($1, $2, $3)",
        )
        .bind(follower.id.0)
        .bind(follower.sign_in)
        .bind(followee.0)
        .fetch_one(&**database)
    };
    match database.write(follow).await {
        Ok((true, true, is_new)) => Ok(is_new),
        Ok((true, false, _)) => Err(ErrorCode::UserNotFound.into()),
        Ok((false, ..)) => Err(ErrorCode::Unauthenticated.into()),
        Err(error) => Err(violated_constraint(&error).map_or_else(|| error.into(), ApiError::from)),
    }
}

/// Makes `follower` unfollow `followee`. Does nothing if there is no such follow.
///
/// # Errors
/// `UNAUTHENTICATED` if the account of `follower` is not active or the sign-in has ended.
pub async fn unfollow(database: &Database, follower: CallingUser, followee: UserId) -> Result<(), ApiError> {
    delete_follow(database, follower, follower.id, followee).await
}

/// Removes `follower` from the followers of `followee`. Does nothing if there is no such follow.
///
/// # Errors
/// `UNAUTHENTICATED` if the account of `followee` is not active or the sign-in has ended.
pub async fn remove_follower(database: &Database, followee: CallingUser, follower: UserId) -> Result<(), ApiError> {
    delete_follow(database, followee, follower, followee.id).await
}

/// Deletes the follow of `followee` by `follower`, also if the other end is hidden. `caller` is one of the two.
async fn delete_follow(
    database: &Database,
    caller: CallingUser,
    follower: UserId,
    followee: UserId,
) -> Result<(), ApiError> {
    let delete = || {
        let query = sqlx::query_scalar("SELECT users.unfollow($1, $2, $3, $4)").bind(caller.id.0).bind(caller.sign_in);
        query.bind(follower.0).bind(followee.0).fetch_one(&**database)
    };
    let is_live: bool = database.write(delete).await?;
    if is_live { Ok(()) } else { Err(ErrorCode::Unauthenticated.into()) }
}
