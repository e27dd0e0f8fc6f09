//! Following and unfollowing. Constraints decide what is allowed, and triggers update the counts
//! (`migrations/0007_follows.sql`).

use sqlx::{AssertSqlSafe, PgPool};

use super::hiding::VISIBLE;
use crate::base::database::{Database, begin, violated_constraint};
use crate::domain::sign_in::calling_user::{CallingUser, LIVE};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;

/// Makes `follower` follow `followee`, in one statement. Returns whether the follow is new.
///
/// # Errors
/// `CANNOT_FOLLOW_SELF`, checked first (USER-STORY-004-S4); `USER_NOT_FOUND`, even if the account is deleted
/// concurrently; `UNAUTHENTICATED` if the account of `follower` is not active or the sign-in has ended.
pub async fn follow(database: &Database, follower: CallingUser, followee: UserId) -> Result<bool, ApiError> {
    if follower.id == followee {
        return Err(ErrorCode::CannotFollowSelf.into());
    }
    // Both ends are locked, so that neither is hidden in the meantime.
    let statement = format!(
        "WITH caller AS (SELECT u.id FROM users.users u WHERE {LIVE} FOR KEY SHARE),
         followee AS (SELECT u.id FROM users.users u WHERE u.id = $3 AND {VISIBLE} FOR KEY SHARE),
         made AS (
             INSERT INTO users.follows (follower_id, followee_id) SELECT caller.id, followee.id FROM caller, followee
             ON CONFLICT DO NOTHING RETURNING 1)
         SELECT EXISTS (SELECT FROM followee), EXISTS (SELECT FROM made) FROM caller"
    );
    let follow = || {
        let query = sqlx::query_as(AssertSqlSafe(statement.as_str())).bind(follower.id.0).bind(follower.sign_in);
        query.bind(followee.0).fetch_optional(&**database)
    };
    match database.write(follow).await {
        Ok(Some((true, made))) => Ok(made),
        Ok(Some((false, _))) => Err(ErrorCode::UserNotFound.into()),
        Ok(None) => Err(ErrorCode::Unauthenticated.into()),
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

/// Deletes the follow of `followee` by `follower`. `caller` is one of the two.
async fn delete_follow(
    database: &Database,
    caller: CallingUser,
    follower: UserId,
    followee: UserId,
) -> Result<(), ApiError> {
    // The other end may be hidden.
    let statement = format!(
        "WITH caller AS (SELECT u.id FROM users.users u WHERE {LIVE}),
         deleted AS (
             DELETE FROM users.follows USING caller WHERE follower_id = $3 AND followee_id = $4 RETURNING 1),
         hidden AS (
             DELETE FROM users.hidden_follows USING caller WHERE follower_id = $3 AND followee_id = $4 RETURNING 1)
         SELECT EXISTS (SELECT FROM deleted) OR EXISTS (SELECT FROM hidden) FROM caller"
    );
    let delete = || {
        let query = sqlx::query_scalar(AssertSqlSafe(statement.as_str())).bind(caller.id.0).bind(caller.sign_in);
        query.bind(follower.0).bind(followee.0).fetch_optional(&**database)
    };
    let is_deleted: bool = database.write(delete).await?.ok_or(ErrorCode::Unauthenticated)?;
    if !is_deleted {
        database.write(|| delete_moving(database, follower, followee)).await?;
    }
    Ok(())
}

/// Deletes a follow that was being moved between `follows` and `hidden_follows`, where a single statement sees it in
/// neither. The locks wait for the batch that moves it, and stop the next one.
async fn delete_moving(pool: &PgPool, follower: UserId, followee: UserId) -> sqlx::Result<()> {
    let mut transaction = begin(pool).await?;
    sqlx::query("SELECT FROM users.hidings WHERE user_id IN ($1, $2) ORDER BY user_id FOR UPDATE")
        .bind(follower.0)
        .bind(followee.0)
        .execute(&mut *transaction)
        .await?;
    for statement in [
        "DELETE FROM users.follows WHERE follower_id = $1 AND followee_id = $2",
        "DELETE FROM users.hidden_follows WHERE follower_id = $1 AND followee_id = $2",
    ] {
        sqlx::query(statement).bind(follower.0).bind(followee.0).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}
