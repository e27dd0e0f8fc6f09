//! The user that a page session belongs to.

use sqlx::postgres::PgRow;
use sqlx::types::time::OffsetDateTime;
use sqlx::{AssertSqlSafe, FromRow, Row};

use super::calling_user::CallingUser;
use super::client::Client;
use super::refresh_token::SignInDays;
use super::sign_in_id::SignInId;
use crate::base::database::Database;
use crate::base::database::pool::Pool;
use crate::domain::profiles::profile::{COLUMNS, COUNTS};
use crate::model::accounts::Me;
use crate::model::error::ApiError;
use crate::text::language::Language;

/// The use of a sign-in is recorded at most every this many minutes.
const USE_INTERVAL_MINUTES: i32 = 5;

/// The user of a page session.
pub struct SessionUser {
    pub me: Me,
    pub sign_in: SignInId,
    pub language: Language,
    authenticated_at: OffsetDateTime,
    /// Whether [`record_use`] has something to record.
    pub is_use_due: bool,
}

impl SessionUser {
    /// The same user, for operations.
    #[must_use]
    pub const fn caller(&self) -> CallingUser {
        CallingUser {
            id: self.me.profile.id,
            sign_in: Some(self.sign_in.id),
            authenticated_at: Some(self.authenticated_at),
        }
    }
}

impl<'r> FromRow<'r, PgRow> for SessionUser {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            me: Me::from_row(row)?,
            sign_in: SignInId { user: row.try_get("id")?, id: row.try_get("sign_in")? },
            language: row.try_get::<String, _>("language")?.into(),
            authenticated_at: row.try_get("authenticated_at")?,
            is_use_due: row.try_get("is_use_due")?,
        })
    }
}

/// Returns the user of a page session while its sign-in is active. Index: `refresh_tokens_live_idx`.
pub async fn find_user(pool: &Pool, days: SignInDays, sign_in: SignInId) -> Result<Option<SessionUser>, ApiError> {
    let (columns, counts) = (&*COLUMNS, &*COUNTS);
    let statement = format!(
        "SELECT {columns}, u.language, s.id AS sign_in, coalesce(s.authenticated_at, s.created_at) AS authenticated_at,
                coalesce(s.last_used_at, s.created_at) < now() - make_interval(mins => $4) AS is_use_due
         FROM users.sign_ins s JOIN users.users u ON u.id = s.user_id {counts}
         WHERE u.id = $1 AND s.user_id = $1 AND s.id = $2 AND s.revoked_at IS NULL
           AND s.created_at + make_interval(days => $3) > now()
           AND u.suspended_at IS NULL AND u.deletes_at IS NULL
           AND EXISTS (SELECT FROM users.refresh_tokens t
                       WHERE t.user_id = $1 AND t.family_id = $2 AND NOT t.revoked AND t.expires_at > now())"
    );
    let user = sqlx::query_as(AssertSqlSafe(statement)).bind(sign_in.user).bind(sign_in.id).bind(days.0);
    Ok(user.bind(USE_INTERVAL_MINUTES).fetch_optional(pool).await?)
}

/// Records that a sign-in was used now, from the address of `client`. Concurrent calls write once.
pub async fn record_use(database: &Database, sign_in: SignInId, client: &Client) -> Result<(), ApiError> {
    let statement = "UPDATE users.sign_ins SET last_used_at = now(), ip = $3::inet
                     WHERE user_id = $1 AND id = $2
                         AND coalesce(last_used_at, created_at) < now() - make_interval(mins => $4)";
    let update = || {
        let statement = sqlx::query(statement).bind(sign_in.user).bind(sign_in.id).bind(&client.address);
        statement.bind(USE_INTERVAL_MINUTES).execute(&**database)
    };
    database.write(update).await?;
    Ok(())
}
