//! Following and no longer following. The database decides what is possible; counts follow by
//! themselves (`migrations/0007_follows.sql`).

use super::database::{Database, violated};
use crate::model::id::UserId;
use crate::rest::error::{ApiError, ErrorCode};

/// Lets `who` follow `whom`, in one statement. Returns whether that is new.
///
/// # Errors
/// `CANNOT_FOLLOW_SELF` before anything else is looked at (USER-STORY-004-S4); `USER_NOT_FOUND`, also
/// when the account is deleted at this very moment; `UNAUTHENTICATED` when one's own is.
pub async fn follow(database: &Database, who: UserId, whom: UserId) -> Result<bool, ApiError> {
    if who == whom {
        return Err(ErrorCode::CannotFollowSelf.into());
    }
    let statement = "INSERT INTO users.follows (follower_id, followee_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    match database.write(|| sqlx::query(statement).bind(who.0).bind(whom.0).execute(&**database)).await {
        Ok(done) => Ok(done.rows_affected() == 1),
        Err(error) => Err(violated(&error).map_or_else(|| error.into(), ApiError::from)),
    }
}

/// Ends it, if it was so.
///
/// # Errors
/// Faults of the database.
pub async fn unfollow(database: &Database, who: UserId, whom: UserId) -> Result<(), ApiError> {
    let statement = "DELETE FROM users.follows WHERE follower_id = $1 AND followee_id = $2";
    database.write(|| sqlx::query(statement).bind(who.0).bind(whom.0).execute(&**database)).await?;
    Ok(())
}
