//! The user that a page session belongs to.

use sqlx::PgPool;
use uuid::Uuid;

use super::refresh_token::SignInDays;
use crate::domain::profiles::profile::{COLUMNS, COUNTS};
use crate::model::accounts::Me;
use crate::model::error::ApiError;

/// Returns the user of a page session while its sign-in is active. Index: `refresh_tokens_live_idx`.
pub async fn find_user(pool: &PgPool, days: SignInDays, sign_in: Uuid) -> Result<Option<Me>, ApiError> {
    let statement = format!(
        "SELECT {COLUMNS} FROM users.sign_ins s JOIN users.users u ON u.id = s.user_id {COUNTS}
         WHERE s.id = $1 AND s.revoked_at IS NULL AND s.created_at + make_interval(days => $2) > now()
           AND u.suspended_at IS NULL
           AND EXISTS (SELECT FROM users.refresh_tokens t
                       WHERE t.family_id = s.id AND NOT t.revoked AND t.expires_at > now())"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(sign_in).bind(days.0).fetch_optional(pool).await?)
}
