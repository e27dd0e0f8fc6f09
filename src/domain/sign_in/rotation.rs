//! Exchanges refresh tokens, and recognizes those that were used before.

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::access_token::{Proof, Subject};
use super::refresh_token::{REFRESH_TOKEN_DAYS, RefreshToken, Session, SignInDays, Start};
use super::revocation;
use super::sign_in_id::SignInId;
use crate::base::database::Database;
use crate::base::database::pool::Pool;
use crate::base::random;
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;

/// How many exchanges in a row are followed within the grace period.
const GRACE_STEPS: usize = 8;
/// Exchanged tokens of a sign-in that are kept for the grace period. Presenting an earlier one counts as theft.
const MAX_EXCHANGED: i32 = 16;

/// Exchanges a token for its successor. A token presented again within ten seconds yields the same successor (two tabs,
/// a lost response). After that it counts as stolen, and the whole sign-in is revoked. Locks the user, then the
/// sign-in, then its tokens, as everywhere.
///
/// # Errors
/// `INVALID_REFRESH_TOKEN` (USER-BE-002.2-S2).
pub async fn rotate(database: &Database, start: &Start, token: &RefreshToken) -> Result<Session, ApiError> {
    let session = match token.sign_in(database).await? {
        Some(sign_in) => exchange(database, start, sign_in, token).await,
        None => Err(ErrorCode::InvalidRefreshToken.into()),
    };
    match &session {
        Ok(session) => attempts::record(Attempt::Refresh, Outcome::Refreshed, Some(session.subject.id.0)),
        Err(error) if error.code == ErrorCode::InvalidRefreshToken => {
            attempts::record(Attempt::Refresh, Outcome::TokenInvalid, None);
        }
        Err(_) => {}
    }
    session
}

async fn exchange(
    database: &Database,
    Start { days, client }: &Start,
    sign_in: SignInId,
    token: &RefreshToken,
) -> Result<Session, ApiError> {
    let nonce = random::secret()?;
    let successor = token.successor(sign_in, &nonce).ok_or(ErrorCode::Internal)?;
    // A function, since a distributed database takes no INSERT in a WITH (`migrations/0023_named_tokens.sql`).
    let statement = "SELECT authenticated_at, amr, expires_in, email, roles
                     FROM users.exchange_token($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let exchange = || {
        let statement = sqlx::query(statement).bind(sign_in.user).bind(sign_in.id).bind(token.hash()).bind(nonce);
        let statement = statement.bind(successor.hash()).bind(successor.family_secret_hash()).bind(&client.address);
        statement.bind(REFRESH_TOKEN_DAYS).bind(days.0).bind(MAX_EXCHANGED).fetch_optional(&**database)
    };
    match database.write(exchange).await? {
        Some(row) => Ok(session(sign_in, successor, &row)?),
        None => repeat(database, *days, sign_in, token).await,
    }
}

/// Returns the live token that `token` was exchanged for within the grace period. Any other used token counts as
/// stolen, and its sign-in is revoked.
async fn repeat(
    database: &Database,
    days: SignInDays,
    sign_in: SignInId,
    token: &RefreshToken,
) -> Result<Session, ApiError> {
    match find(database, days, sign_in, token).await? {
        Found::Live(session) => Ok(*session),
        Found::Used => {
            tracing::warn!(sign_in = %sign_in.id, "a used refresh token was presented again: revoking its sign-in");
            revocation::revoke(database, sign_in).await?;
            attempts::record(Attempt::Refresh, Outcome::Reused, Some(sign_in.user));
            Err(ErrorCode::InvalidRefreshToken.into())
        }
        Found::Invalid => Err(ErrorCode::InvalidRefreshToken.into()),
    }
}

/// The result of looking up a token.
enum Found {
    /// The token itself, or the one that it was exchanged for within the grace period.
    Live(Box<Session>),
    /// It was exchanged before the grace period.
    Used,
    /// It is unknown or expired, or its sign-in has ended.
    Invalid,
}

/// Looks up a token and follows its exchanges within the grace period. Read-only.
async fn find(pool: &Pool, days: SignInDays, sign_in: SignInId, token: &RefreshToken) -> Result<Found, ApiError> {
    let statement = "
        SELECT t.revoked, t.successor_nonce, t.expires_at <= now() AS is_expired,
               coalesce(t.rotated_at > now() - interval '10 seconds', false) AS is_in_grace,
               extract(epoch FROM least(t.expires_at, f.created_at + make_interval(days => $4)) - now())::bigint
               AS expires_in, coalesce(f.authenticated_at, f.created_at) AS authenticated_at, f.amr, u.email, u.roles
        FROM users.refresh_tokens t
        JOIN users.sign_ins f ON f.id = t.family_id
        JOIN users.users u ON u.id = t.user_id
        WHERE t.user_id = $1 AND f.user_id = $1 AND u.id = $1 AND t.family_id = $2 AND f.id = $2 AND t.token_hash = $3
          AND f.revoked_at IS NULL AND f.created_at + make_interval(days => $4) > now()";
    let mut token = *token;
    for step in 0..GRACE_STEPS {
        let query = sqlx::query(statement).bind(sign_in.user).bind(sign_in.id).bind(token.hash()).bind(days.0);
        let Some(row) = query.fetch_optional(pool).await? else {
            let is_used = step == 0 && is_purged(pool, days, sign_in, &token).await?;
            return Ok(if is_used { Found::Used } else { Found::Invalid });
        };
        if row.try_get("is_expired")? {
            return Ok(Found::Invalid);
        }
        if !row.try_get::<bool, _>("revoked")? {
            return Ok(Found::Live(Box::new(session(sign_in, token, &row)?)));
        }
        let is_in_grace: bool = row.try_get("is_in_grace")?;
        let nonce: Option<Vec<u8>> = row.try_get("successor_nonce")?;
        match nonce.filter(|_| is_in_grace).and_then(|nonce| token.successor(sign_in, &nonce)) {
            Some(successor) => token = successor,
            None => return Ok(Found::Used),
        }
    }
    Ok(Found::Invalid)
}

/// Returns whether a token without a row was one of a sign-in that has not ended. Index: `sign_ins_pkey`.
async fn is_purged(pool: &Pool, days: SignInDays, sign_in: SignInId, token: &RefreshToken) -> sqlx::Result<bool> {
    let statement = "SELECT EXISTS (SELECT FROM users.sign_ins
                                    WHERE user_id = $1 AND id = $2 AND family_secret_hash = $3 AND revoked_at IS NULL
                                      AND created_at + make_interval(days => $4) > now())";
    let statement = sqlx::query_scalar(statement).bind(sign_in.user).bind(sign_in.id);
    statement.bind(token.family_secret_hash()).bind(days.0).fetch_one(pool).await
}

/// Returns the sign-in that a token belongs to, live or not.
pub async fn sign_in_of(pool: &Pool, token: &RefreshToken) -> Result<Option<SignInId>, ApiError> {
    let Some(sign_in) = token.sign_in(pool).await? else { return Ok(None) };
    let statement = "
        SELECT EXISTS (SELECT FROM users.sign_ins WHERE user_id = $1 AND id = $2 AND family_secret_hash = $4)
            OR EXISTS (SELECT FROM users.refresh_tokens WHERE user_id = $1 AND family_id = $2 AND token_hash = $3)";
    let statement = sqlx::query_scalar(statement).bind(sign_in.user).bind(sign_in.id).bind(token.hash());
    let is_genuine: bool = statement.bind(token.family_secret_hash()).fetch_one(pool).await?;
    Ok(is_genuine.then_some(sign_in))
}

/// Returns the sign-in of a token that a refresh would accept now.
pub async fn live_sign_in(pool: &Pool, days: SignInDays, token: &RefreshToken) -> Result<Option<SignInId>, ApiError> {
    let Some(sign_in) = token.sign_in(pool).await? else { return Ok(None) };
    Ok(match find(pool, days, sign_in, token).await? {
        Found::Live(session) => Some(session.sign_in()),
        Found::Used | Found::Invalid => None,
    })
}

fn session(sign_in: SignInId, token: RefreshToken, row: &PgRow) -> sqlx::Result<Session> {
    let subject = Subject { id: UserId(sign_in.user), email: row.try_get("email")?, roles: row.try_get("roles")? };
    let proof =
        Proof { sign_in: sign_in.id, authenticated_at: row.try_get("authenticated_at")?, methods: row.try_get("amr")? };
    Ok(Session { token, expires_in: row.try_get("expires_in")?, subject, proof })
}
