//! Following and unfollowing. Constraints decide what is allowed, and triggers update the counts
//! (`migrations/0007_follows.sql`).

use crate::base::database::{Database, violated_constraint};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;

/// Makes `follower` follow `followee`, in one statement. Returns whether the follow is new.
///
/// # Errors
/// `CANNOT_FOLLOW_SELF`, checked first (USER-STORY-004-S4); `USER_NOT_FOUND`, even if the account is deleted
/// concurrently; `UNAUTHENTICATED` if the account of `follower` is deleted or suspended.
pub async fn follow(database: &Database, follower: UserId, followee: UserId) -> Result<bool, ApiError> {
    if follower == followee {
        return Err(ErrorCode::CannotFollowSelf.into());
    }
    let statement = "WITH caller AS (SELECT id FROM users.users WHERE id = $1 AND suspended_at IS NULL),
         made AS (
             INSERT INTO users.follows (follower_id, followee_id) SELECT id, $2 FROM caller
             ON CONFLICT DO NOTHING RETURNING 1)
         SELECT EXISTS (SELECT FROM made) FROM caller";
    let follow = || sqlx::query_scalar(statement).bind(follower.0).bind(followee.0).fetch_optional(&**database);
    match database.write(follow).await {
        Ok(made) => made.ok_or_else(|| ErrorCode::Unauthenticated.into()),
        Err(error) => Err(violated_constraint(&error).map_or_else(|| error.into(), ApiError::from)),
    }
}

/// Makes `follower` unfollow `followee`. Does nothing if there is no such follow.
///
/// # Errors
/// `UNAUTHENTICATED` if the account of `follower` is deleted or suspended.
pub async fn unfollow(database: &Database, follower: UserId, followee: UserId) -> Result<(), ApiError> {
    delete_follow(database, follower, follower, followee).await
}

/// Removes `follower` from the followers of `followee`. Does nothing if there is no such follow.
///
/// # Errors
/// `UNAUTHENTICATED` if the account of `followee` is deleted or suspended.
pub async fn remove_follower(database: &Database, followee: UserId, follower: UserId) -> Result<(), ApiError> {
    delete_follow(database, followee, follower, followee).await
}

/// Deletes the follow of `followee` by `follower`. `caller` is one of the two.
async fn delete_follow(
    database: &Database,
    caller: UserId,
    follower: UserId,
    followee: UserId,
) -> Result<(), ApiError> {
    let statement = "WITH caller AS (SELECT id FROM users.users WHERE id = $1 AND suspended_at IS NULL),
         deleted AS (DELETE FROM users.follows USING caller WHERE follower_id = $2 AND followee_id = $3)
         SELECT FROM caller";
    let delete = || {
        let query = sqlx::query(statement).bind(caller.0).bind(follower.0).bind(followee.0);
        query.fetch_optional(&**database)
    };
    database.write(delete).await?.map(drop).ok_or_else(|| ErrorCode::Unauthenticated.into())
}
