//! Requests to follow a private user.

use sqlx::types::time::OffsetDateTime;
use tokio::time::Instant;
use uuid::Uuid;

use super::hiding::REQUEST_BUDGET;
use super::outcome;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, WITHOUT_FLUSH, with_retries};
use crate::base::sweep::{Left, Pace, SweepGuard};
use crate::domain::sign_in::calling_user::CallingUser;
use crate::model::error::ApiError;
use crate::model::id::UserId;

/// Requests accepted by one call, each of which holds two locks until it ends.
const BATCH: i64 = 25;

/// Accepts the request of `requester`. Does nothing if it was accepted before.
///
/// # Errors
/// `USER_NOT_FOUND` if there is no request; `UNAUTHENTICATED` if the caller is not active or the sign-in has ended.
pub async fn accept(database: &Database, caller: CallingUser, requester: UserId) -> Result<(), ApiError> {
    outcome::change(database, "SELECT users.accept_request($1, $2, $3)", caller, requester).await?;
    Ok(())
}

/// Declines the request of `requester`, who does not learn it. For a week, new requests are not shown. Does nothing if
/// there is no request.
///
/// # Errors
/// `UNAUTHENTICATED` if the caller is not active or the sign-in has ended.
pub async fn decline(database: &Database, caller: CallingUser, requester: UserId) -> Result<(), ApiError> {
    outcome::end(database, "SELECT users.decline_request($1, $2, $3, 7)", caller, requester).await
}

/// Returns how many requests wait for the user, at most `max`. Index: `relations_newest_idx`.
pub(super) async fn count(pool: &Pool, user: UserId, max: i64) -> sqlx::Result<i64> {
    let statement = "SELECT count(*) FROM (SELECT FROM users.relations
                                           WHERE user_id = $1 AND kind = 'requested_by' LIMIT $2) waiting";
    sqlx::query_scalar(statement).bind(user.0).bind(max).fetch_one(pool).await
}

/// Accepts the requests to a user who has become public for two seconds, so that most users find it done with the
/// response. The rest is left to the background.
pub async fn accept_some(pool: &Pool, user: UserId) {
    let mut pace = Pace::Until(Instant::now() + REQUEST_BUDGET);
    if let Err(error) = accept_all(pool, user.0, &mut pace).await {
        tracing::warn!(%error, user_id = %user.0, "cannot accept requests now, will retry");
    }
}

/// Accepts all requests to each user who has become public, in the background.
pub async fn accept_each(pool: &Pool, guard: &mut SweepGuard) -> sqlx::Result<Left> {
    let users: Vec<Uuid> = sqlx::query_scalar("SELECT user_id FROM users.openings").fetch_all(pool).await?;
    let mut left = Left::Nothing;
    for user in users {
        match accept_all(pool, user, &mut Pace::turn(guard)).await {
            Ok(true) => {}
            Ok(false) => left = Left::Work,
            // The others must not wait for it.
            Err(error) => tracing::error!(%error, user_id = %user, "cannot accept requests, will retry"),
        }
        if guard.is_over() {
            break;
        }
    }
    Ok(left)
}

/// Accepts the requests to a user who has become public, the oldest first. Returns false if `pace` ended it before.
async fn accept_all(pool: &Pool, user: Uuid, pace: &mut Pace<'_>) -> sqlx::Result<bool> {
    let statement = format!(
        "SELECT last_time, last_id FROM users.accept_requests($1, coalesce($2, '-infinity'), $3, $4)
         WHERE {WITHOUT_FLUSH} AND last_id IS NOT NULL"
    );
    let mut last: Option<(OffsetDateTime, Uuid)> = None;
    loop {
        let batch = || {
            let statement = sqlx::query_as(sqlx::AssertSqlSafe(statement.as_str())).bind(user);
            let statement = statement.bind(last.map(|(time, _)| time)).bind(last.map_or(Uuid::nil(), |(_, id)| id));
            statement.bind(BATCH).fetch_optional(pool)
        };
        last = with_retries(batch).await?;
        if last.is_none() {
            break;
        }
        if !pace.proceed().await? {
            return Ok(false);
        }
    }
    // None was added: a public user is followed at once.
    let done = "DELETE FROM users.openings WHERE user_id = $1";
    with_retries(|| sqlx::query(done).bind(user).execute(pool)).await?;
    Ok(true)
}
