//! Blocks, which end all that is between two users, and hide each from the other.

use uuid::Uuid;

use super::outcome::{self, Outcome};
use crate::base::database::Database;
use crate::base::database::pool::Pool;
use crate::domain::sign_in::calling_user::CallingUser;
use crate::model::error::ApiError;
use crate::model::id::UserId;

/// Makes `blocker` block `blocked`, and ends follows and requests in both directions. Returns whether the block is new.
///
/// # Errors
/// `VALIDATION_FAILED` for `blocker` themselves; `USER_NOT_FOUND`, also if `blocked` blocks `blocker`; `UNAUTHENTICATED` if the account of
/// `blocker` is not active or the sign-in has ended.
pub async fn block(database: &Database, blocker: CallingUser, blocked: UserId) -> Result<bool, ApiError> {
    outcome::reject_self(blocker, blocked)?;
    let outcome = outcome::change(database, "SELECT users.block($1, $2, $3)", blocker, blocked).await?;
    Ok(outcome == Outcome::New)
}

/// Ends a block, which brings nothing back. Does nothing if there is none.
///
/// # Errors
/// `UNAUTHENTICATED` if the account of `blocker` is not active or the sign-in has ended.
pub async fn unblock(database: &Database, blocker: CallingUser, blocked: UserId) -> Result<(), ApiError> {
    outcome::end(database, "SELECT users.unblock($1, $2, $3)", blocker, blocked).await
}

/// Returns those of `ids` who block `viewer`, who must not find them. Index: `relations_pkey`.
pub async fn missing(pool: &Pool, viewer: Option<UserId>, ids: &[Uuid]) -> Result<Vec<Uuid>, ApiError> {
    let Some(viewer) = viewer else { return Ok(Vec::new()) };
    let statement = "SELECT user_id FROM users.unseen WHERE viewer_id = $1 AND user_id = ANY($2) AND is_missing";
    Ok(sqlx::query_scalar(statement).bind(viewer.0).bind(ids).fetch_all(pool).await?)
}
