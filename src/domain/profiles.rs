//! Profiles.

use sqlx::postgres::PgRow;
use sqlx::types::time::OffsetDateTime;
use sqlx::{FromRow, PgPool, Row};

use crate::model::account::Me;
use crate::model::id::UserId;
use crate::rest::error::{ApiError, ErrorCode};

/// The columns of [`Me`], from `users.users u`.
pub const ME_COLUMNS: &str = "u.id, u.username, u.display_name, u.bio, u.avatar_url, u.created_at, u.email";

impl<'r> FromRow<'r, PgRow> for Me {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: UserId(row.try_get("id")?),
            username: row.try_get("username")?,
            display_name: row.try_get("display_name")?,
            bio: row.try_get("bio")?,
            avatar_url: row.try_get("avatar_url")?,
            created_at: row.try_get::<OffsetDateTime, _>("created_at")?,
            email: row.try_get("email")?,
        })
    }
}

/// The user's own profile.
///
/// # Errors
/// `UNAUTHENTICATED` when the account is gone: its token outlived it.
pub async fn me(pool: &PgPool, id: UserId) -> Result<Me, ApiError> {
    sqlx::query_as(
        "SELECT id, username, display_name, bio, avatar_url, created_at, email FROM users.users WHERE id = $1",
    )
    .bind(id.0)
    .fetch_optional(pool)
    .await?
    .ok_or_else(|| ErrorCode::Unauthenticated.into())
}
