//! The sessions of a user: listing them, and ending some or all.

use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use super::calling_user::{self, CallingUser};
use super::client;
use super::refresh_token::{MAX_SIGN_INS, SignInDays};
use super::revocation;
use super::sign_in_id::SignInId;
use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::audit::log::{Action, Actor, Entry, Origin};
use crate::model::error::ApiError;
use crate::model::sign_in::{ClientName, SessionItem, Sessions};

impl<'r> FromRow<'r, PgRow> for SessionItem {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        let user_agent: Option<String> = row.try_get("user_agent")?;
        let name = |of: fn(&str) -> Option<&'static str>| user_agent.as_deref().and_then(of).map(ToOwned::to_owned);
        Ok(Self {
            id: row.try_get("id")?,
            current: row.try_get("current")?,
            created_at: row.try_get("created_at")?,
            last_seen_at: row.try_get("last_seen_at")?,
            ip: row.try_get("ip")?,
            client: ClientName { browser: name(client::browser), system: name(client::system) },
        })
    }
}

/// Returns the caller's active sessions, the current one first, then the one used last. Indexes:
/// `sign_ins_user_id_idx`, `refresh_tokens_live_idx`.
pub async fn list(pool: &Pool, days: SignInDays, caller: CallingUser) -> Result<Sessions, ApiError> {
    let items = sqlx::query_as(
        "SELECT s.id, coalesce(s.id = $2, false) AS current, s.created_at,
                coalesce(s.last_used_at, s.created_at) AS last_seen_at, host(s.ip) AS ip, s.user_agent
         FROM users.sign_ins s
         WHERE s.user_id = $1 AND s.revoked_at IS NULL AND s.created_at + make_interval(days => $3) > now()
           AND EXISTS (SELECT FROM users.refresh_tokens t
                       WHERE t.user_id = $1 AND t.family_id = s.id AND NOT t.revoked AND t.expires_at > now())
         ORDER BY current DESC, last_seen_at DESC, s.id DESC LIMIT $4",
    )
    .bind(caller.id.0)
    .bind(caller.sign_in)
    .bind(days.0)
    .bind(MAX_SIGN_INS)
    .fetch_all(pool)
    .await?;
    Ok(Sessions { items })
}

/// Ends a session of the caller, if they have it.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn end(database: &Database, caller: CallingUser, id: Uuid, origin: &Origin) -> Result<(), ApiError> {
    let end = async || -> Result<bool, OperationError> {
        let mut transaction = begin(database).await?;
        calling_user::lock(&mut transaction, caller).await?;
        let is_ended = revocation::revoke_one(&mut transaction, SignInId { user: caller.id.0, id }).await?;
        if is_ended {
            entry(caller, origin).record(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(is_ended)
    };
    if database.write(end).await? {
        attempts::record(Attempt::SessionRevocation, Outcome::Revoked, Some(caller.id.0));
    }
    Ok(())
}

/// Ends all sessions of the caller, except the current one unless `including_this`. Sign-ins whose password is being
/// checked at this moment do not start.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn end_all(
    database: &Database,
    caller: CallingUser,
    including_this: bool,
    origin: &Origin,
) -> Result<(), ApiError> {
    let kept = caller.sign_in.filter(|_| !including_this);
    let end = async || -> Result<u64, OperationError> {
        let mut transaction = begin(database).await?;
        calling_user::lock(&mut transaction, caller).await?;
        let ended = revocation::revoke_all(&mut transaction, caller.id.0, kept).await?;
        if ended > 0 {
            entry(caller, origin).record(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(ended)
    };
    if database.write(end).await? > 0 {
        attempts::record(Attempt::SessionRevocation, Outcome::Revoked, Some(caller.id.0));
    }
    Ok(())
}

fn entry(caller: CallingUser, origin: &Origin) -> Entry {
    Entry::new(Actor::User, Action::SignInsRevoked, caller.id.0).from(origin)
}
