//! Following and no longer following. The database decides what is possible; counts follow by
//! themselves (`migrations/0007_follows.sql`).

use super::database::{Database, violated};
use crate::model::id::UserId;
use crate::rest::error::{ApiError, ErrorCode};

/// Lets `who` follow `whom`, in one statement. Returns whether that is new.
///
/// # Errors
/// `CANNOT_FOLLOW_SELF` before anything else is looked at (USER-STORY-004-S4); `USER_NOT_FOUND`, also
/// when the account is deleted at this very moment; `UNAUTHENTICATED` when one's own is, or is suspended.
pub async fn follow(database: &Database, who: UserId, whom: UserId) -> Result<bool, ApiError> {
    if who == whom {
        return Err(ErrorCode::CannotFollowSelf.into());
    }
    let statement = "WITH caller AS (SELECT id FROM users.users WHERE id = $1 AND suspended_at IS NULL),
         made AS (
             INSERT INTO users.follows (follower_id, followee_id) SELECT id, $2 FROM caller
             ON CONFLICT DO NOTHING RETURNING 1)
         SELECT EXISTS (SELECT FROM made) FROM caller";
    let follow = || sqlx::query_scalar(statement).bind(who.0).bind(whom.0).fetch_optional(&**database);
    match database.write(follow).await {
        Ok(made) => made.ok_or_else(|| ErrorCode::Unauthenticated.into()),
        Err(error) => Err(violated(&error).map_or_else(|| error.into(), ApiError::from)),
    }
}

/// Lets `who` follow `whom` no longer, if it was so.
///
/// # Errors
/// `UNAUTHENTICATED` when the account of `who` is gone or suspended.
pub async fn unfollow(database: &Database, who: UserId, whom: UserId) -> Result<(), ApiError> {
    end(database, who, who, whom).await
}

/// Takes `whom` off the followers of `who`, if it was there.
///
/// # Errors
/// `UNAUTHENTICATED` when the account of `who` is gone or suspended.
pub async fn remove_follower(database: &Database, who: UserId, whom: UserId) -> Result<(), ApiError> {
    end(database, who, whom, who).await
}

/// Ends the follow of `to` by `from`, one of whom is the caller.
async fn end(database: &Database, caller: UserId, from: UserId, to: UserId) -> Result<(), ApiError> {
    let statement = "WITH caller AS (SELECT id FROM users.users WHERE id = $1 AND suspended_at IS NULL),
         ended AS (DELETE FROM users.follows USING caller WHERE follower_id = $2 AND followee_id = $3)
         SELECT FROM caller";
    let ended = || {
        let ended = sqlx::query(statement).bind(caller.0).bind(from.0).bind(to.0);
        ended.fetch_optional(&**database)
    };
    database.write(ended).await?.map(drop).ok_or_else(|| ErrorCode::Unauthenticated.into())
}
