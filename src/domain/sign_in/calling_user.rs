//! The user who calls an operation, and the live check that every change runs in its own statement.

use sqlx::types::time::OffsetDateTime;
use sqlx::{AssertSqlSafe, FromRow, PgConnection, PgExecutor};
use uuid::Uuid;

use super::sign_in_id::SignInId;
use crate::base::database::error::OperationError;
use crate::model::error::ErrorCode;
use crate::model::id::UserId;

/// A user as the access token or the page session identifies them.
#[derive(Clone, Copy, Debug)]
pub struct CallingUser {
    pub id: UserId,
    /// `None` for tokens from versions that did not name the sign-in.
    pub sign_in: Option<Uuid>,
    /// When the user last proved their identity. `None` counts as long ago.
    pub authenticated_at: Option<OffsetDateTime>,
}

impl CallingUser {
    /// Returns the sign-in.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for tokens from versions that did not name it.
    pub fn sign_in_id(self) -> Result<SignInId, ErrorCode> {
        self.sign_in.map(|id| SignInId { user: self.id.0, id }).ok_or(ErrorCode::Unauthenticated)
    }
}

/// The condition that `users.users u` is the caller's account, that it is active, and that the sign-in is not revoked.
/// $1 is the user, $2 the sign-in. Access tokens stay valid for up to 15 minutes after a sign-out, so every change
/// checks this. Indexes: `users_pkey`, `sign_ins_pkey`.
pub const LIVE: &str = "u.id = $1 AND u.suspended_at IS NULL AND u.deletes_at IS NULL
     AND ($2::uuid IS NULL OR EXISTS (SELECT FROM users.sign_ins s
                                      WHERE s.user_id = $1 AND s.id = $2 AND s.revoked_at IS NULL))";

/// The account of a calling user.
#[derive(FromRow)]
pub struct Account {
    pub email: String,
    pub username: String,
    pub password_hash: String,
    pub pending_email: Option<String>,
}

/// Returns the caller's account.
///
/// # Errors
/// `UNAUTHENTICATED` if the account is not active or the sign-in is revoked.
pub async fn find(executor: impl PgExecutor<'_>, caller: CallingUser) -> Result<Account, OperationError> {
    let statement = format!("SELECT email, username, password_hash, pending_email FROM users.users u WHERE {LIVE}");
    let account = sqlx::query_as(AssertSqlSafe(statement)).bind(caller.id.0).bind(caller.sign_in);
    account.fetch_optional(executor).await?.ok_or_else(|| ErrorCode::Unauthenticated.into())
}

/// Locks the caller's account, so that the transaction can change it.
///
/// # Errors
/// `UNAUTHENTICATED` if the account is not active or the sign-in is revoked.
pub async fn lock(connection: &mut PgConnection, caller: CallingUser) -> Result<Account, OperationError> {
    // A separate statement: one that waits for the lock would not see a revocation that was committed in the meantime.
    sqlx::query("SELECT FROM users.users WHERE id = $1 FOR NO KEY UPDATE")
        .bind(caller.id.0)
        .execute(&mut *connection)
        .await?;
    find(connection, caller).await
}
