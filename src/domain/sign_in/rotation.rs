//! Exchanges refresh tokens, and recognizes those that were used before.

use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool, Row};

use super::access_token::{Proof, Subject};
use super::refresh_token::{REFRESH_TOKEN_DAYS, RefreshToken, Session, SignInDays, Start};
use super::revocation;
use super::sign_in_id::SignInId;
use crate::base::database::Database;
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
    // Tokens that were exchanged before the grace period are deleted, which leaves two rows of a sign-in that is used
    // now and then. Those of earlier versions stay: without their rows, they would not be recognized. The shared secret
    // of a sign-in, once it has one, stays as it is: whoever has stolen a token must not replace the one that the user's
    // own tokens contain. Indexes: refresh_tokens_token_hash_key, refresh_tokens_family_id_idx.
    let statement = "
        WITH owner AS (SELECT id, email, roles FROM users.users WHERE id = $1 FOR KEY SHARE),
         family AS (
             SELECT f.id, f.created_at, f.authenticated_at, f.amr FROM users.sign_ins f, owner
             WHERE f.user_id = $1 AND f.id = $2 AND f.revoked_at IS NULL
               AND f.created_at > now() - make_interval(days => $7)
             FOR NO KEY UPDATE OF f),
         consumed AS (
             UPDATE users.refresh_tokens t SET revoked = true, rotated_at = now(), successor_nonce = $4
             FROM family f
             WHERE t.user_id = $1 AND t.family_id = $2 AND t.token_hash = $3 AND NOT t.revoked AND t.expires_at > now()
             RETURNING t.family_id),
         issued AS (
             INSERT INTO users.refresh_tokens (token_hash, user_id, family_id, expires_at, names_sign_in)
             SELECT $5, $1, $2, least(now() + make_interval(days => $6), f.created_at + make_interval(days => $7)), true
             FROM consumed, family f),
         used AS (
             UPDATE users.sign_ins f SET last_used_at = now(), ip = $8::inet,
                 family_secret_hash = coalesce(f.family_secret_hash, $9)
             FROM consumed WHERE f.user_id = $1 AND f.id = $2),
         purged AS (
             DELETE FROM users.refresh_tokens t USING consumed
             WHERE t.user_id = $1 AND t.family_id = $2 AND t.names_sign_in AND t.revoked AND t.rotated_at < greatest(
                 now() - interval '10 seconds',
                 (SELECT r.rotated_at FROM users.refresh_tokens r
                  WHERE r.user_id = $1 AND r.family_id = $2 AND r.rotated_at IS NOT NULL
                  ORDER BY r.rotated_at DESC OFFSET $10 LIMIT 1)))
        SELECT f.id AS family_id, coalesce(f.authenticated_at, f.created_at) AS authenticated_at, f.amr,
               extract(epoch FROM least(now() + make_interval(days => $6), f.created_at + make_interval(days => $7))
                   - now())::bigint AS expires_in,
               o.id, o.email, o.roles
        FROM consumed, family f, owner o";
    let exchange = || {
        let statement = sqlx::query_as(statement).bind(sign_in.user).bind(sign_in.id).bind(token.hash()).bind(nonce);
        let statement = statement.bind(successor.hash()).bind(REFRESH_TOKEN_DAYS).bind(days.0).bind(&client.address);
        statement.bind(successor.family_secret_hash()).bind(MAX_EXCHANGED - 2).fetch_optional(&**database)
    };
    let exchanged: Option<Owner> = database.write(exchange).await?;
    match exchanged {
        Some(owner) => Ok(owner.session(successor)),
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
        Found::Live(session) => Ok(session),
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
    Live(Session),
    /// It was exchanged before the grace period.
    Used,
    /// It is unknown or expired, or its sign-in has ended.
    Invalid,
}

/// A token's row, in a sign-in that has not ended.
struct TokenRow {
    owner: Owner,
    is_expired: bool,
    is_used: bool,
    is_in_grace: bool,
    nonce: Option<Vec<u8>>,
}

impl<'r> FromRow<'r, PgRow> for TokenRow {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            owner: Owner::from_row(row)?,
            is_expired: row.try_get("is_expired")?,
            is_used: row.try_get("revoked")?,
            is_in_grace: row.try_get("is_in_grace")?,
            nonce: row.try_get("successor_nonce")?,
        })
    }
}

/// Looks up a token and follows its exchanges within the grace period. Read-only.
async fn find(pool: &PgPool, days: SignInDays, sign_in: SignInId, token: &RefreshToken) -> Result<Found, ApiError> {
    let statement = "
        SELECT t.revoked, t.successor_nonce, t.expires_at <= now() AS is_expired,
               coalesce(t.rotated_at > now() - interval '10 seconds', false) AS is_in_grace,
               extract(epoch FROM least(t.expires_at, f.created_at + make_interval(days => $4)) - now())::bigint
               AS expires_in, f.id AS family_id, coalesce(f.authenticated_at, f.created_at) AS authenticated_at, f.amr,
               u.id, u.email, u.roles
        FROM users.refresh_tokens t
        JOIN users.sign_ins f ON f.id = t.family_id
        JOIN users.users u ON u.id = t.user_id
        WHERE t.user_id = $1 AND f.user_id = $1 AND u.id = $1 AND t.family_id = $2 AND f.id = $2 AND t.token_hash = $3
          AND f.revoked_at IS NULL AND f.created_at + make_interval(days => $4) > now()";
    let mut token = *token;
    for step in 0..GRACE_STEPS {
        let query = sqlx::query_as(statement).bind(sign_in.user).bind(sign_in.id).bind(token.hash()).bind(days.0);
        let row: Option<TokenRow> = query.fetch_optional(pool).await?;
        let Some(row) = row else {
            let is_used = step == 0 && is_purged(pool, days, sign_in, &token).await?;
            return Ok(if is_used { Found::Used } else { Found::Invalid });
        };
        if row.is_expired {
            return Ok(Found::Invalid);
        }
        if !row.is_used {
            return Ok(Found::Live(row.owner.session(token)));
        }
        match row.nonce.filter(|_| row.is_in_grace).and_then(|nonce| token.successor(sign_in, &nonce)) {
            Some(successor) => token = successor,
            None => return Ok(Found::Used),
        }
    }
    Ok(Found::Invalid)
}

/// Returns whether a token without a row was one of a sign-in that has not ended. Index: `sign_ins_pkey`.
async fn is_purged(pool: &PgPool, days: SignInDays, sign_in: SignInId, token: &RefreshToken) -> sqlx::Result<bool> {
    let statement = "SELECT EXISTS (SELECT FROM users.sign_ins
                                    WHERE user_id = $1 AND id = $2 AND family_secret_hash = $3 AND revoked_at IS NULL
                                      AND created_at + make_interval(days => $4) > now())";
    let statement = sqlx::query_scalar(statement).bind(sign_in.user).bind(sign_in.id);
    statement.bind(token.family_secret_hash()).bind(days.0).fetch_one(pool).await
}

/// Returns the sign-in that a token belongs to, live or not.
pub async fn sign_in_of(pool: &PgPool, token: &RefreshToken) -> Result<Option<SignInId>, ApiError> {
    let Some(sign_in) = token.sign_in(pool).await? else { return Ok(None) };
    let statement = "
        SELECT EXISTS (SELECT FROM users.sign_ins WHERE user_id = $1 AND id = $2 AND family_secret_hash = $4)
            OR EXISTS (SELECT FROM users.refresh_tokens WHERE user_id = $1 AND family_id = $2 AND token_hash = $3)";
    let statement = sqlx::query_scalar(statement).bind(sign_in.user).bind(sign_in.id).bind(token.hash());
    let is_genuine: bool = statement.bind(token.family_secret_hash()).fetch_one(pool).await?;
    Ok(is_genuine.then_some(sign_in))
}

/// Returns the sign-in of a token that a refresh would accept now.
pub async fn live_sign_in(pool: &PgPool, days: SignInDays, token: &RefreshToken) -> Result<Option<SignInId>, ApiError> {
    let Some(sign_in) = token.sign_in(pool).await? else { return Ok(None) };
    Ok(match find(pool, days, sign_in, token).await? {
        Found::Live(session) => Some(session.sign_in()),
        Found::Used | Found::Invalid => None,
    })
}

/// The owner of a token.
struct Owner {
    subject: Subject,
    proof: Proof,
    expires_in: i64,
}

impl Owner {
    fn session(self, token: RefreshToken) -> Session {
        let Self { subject, proof, expires_in } = self;
        Session { token, expires_in, subject, proof }
    }
}

impl<'r> FromRow<'r, PgRow> for Owner {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        let subject =
            Subject { id: UserId(row.try_get("id")?), email: row.try_get("email")?, roles: row.try_get("roles")? };
        let proof = Proof {
            sign_in: row.try_get("family_id")?,
            authenticated_at: row.try_get("authenticated_at")?,
            methods: row.try_get("amr")?,
        };
        Ok(Self { subject, proof, expires_in: row.try_get("expires_in")? })
    }
}
