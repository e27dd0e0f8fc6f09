//! Refresh tokens: each is used once, and those of a sign-in form a family (RFC 9700, section 4.14.2).

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use sqlx::postgres::PgRow;
use sqlx::types::time::OffsetDateTime;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool, Row};
use uuid::Uuid;

use super::access_token::{Proof, Subject};
use super::client::Client;
use super::revocation;
use crate::base::database::Database;
use crate::base::database::error::OperationError;
use crate::base::random;
use crate::base::random::{Secret, sha256};
use crate::base::sweep::ExpiringRows;
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;

/// Lifetime of a token in days, unless its sign-in ends earlier. This is the idle timeout of a sign-in.
pub const REFRESH_TOKEN_DAYS: i32 = 30;

/// The maximum lifetime of a sign-in in days, however often it is refreshed (OWASP Session Management, absolute
/// timeout).
#[derive(Clone, Copy, Debug)]
pub struct SignInDays(pub i32);

impl SignInDays {
    /// The idle timeout of a sign-in that starts now.
    pub const fn idle_days(self) -> i32 {
        if self.0 < REFRESH_TOKEN_DAYS { self.0 } else { REFRESH_TOKEN_DAYS }
    }
}

/// How many exchanges in a row are followed within the grace period.
const GRACE_STEPS: usize = 8;

/// Expired tokens, and sign-ins without unexpired tokens. Used tokens are kept until they expire: until then, reusing
/// one revokes the sign-in. Indexes: `refresh_tokens_expires_at_idx`, `refresh_tokens_family_id_idx`.
pub const EXPIRED: ExpiringRows = ExpiringRows {
    name: "refresh tokens",
    select: "SELECT expires_at, token_hash FROM users.refresh_tokens
             WHERE expires_at < now() AND (expires_at, token_hash) > ($1, $2) AND $4 = 0
             ORDER BY expires_at, token_hash LIMIT $3",
    delete: "WITH expired AS (
                 DELETE FROM users.refresh_tokens WHERE token_hash IN (
                     SELECT token_hash FROM users.refresh_tokens
                     WHERE token_hash = ANY($1) AND expires_at < now() AND $2 = 0 FOR UPDATE SKIP LOCKED)
                 RETURNING family_id)
             DELETE FROM users.sign_ins f WHERE f.id IN (SELECT family_id FROM expired)
                 AND NOT EXISTS (SELECT FROM users.refresh_tokens t
                                 WHERE t.family_id = f.id AND t.expires_at > now())",
    days: 0,
    before_delete: None,
};

/// A refresh token in the clear. The database stores only its hash.
pub struct RefreshToken(Secret);

impl RefreshToken {
    /// Parses the value of the cookie.
    ///
    /// # Errors
    /// `INVALID_REFRESH_TOKEN` if it is malformed.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        random::decode(text).map(Self).ok_or_else(|| ErrorCode::InvalidRefreshToken.into())
    }

    /// The value of the cookie.
    pub fn encode(&self) -> String {
        random::encode(&self.0)
    }

    fn hash(&self) -> Vec<u8> {
        sha256(&self.0)
    }

    /// The token that this one is exchanged for. Every client that presents this token within the grace period gets the
    /// same successor, and only those clients can compute it.
    fn successor(&self, nonce: &[u8]) -> Option<Self> {
        sign(&Key::new(HMAC_SHA256, &self.0), nonce).as_ref().try_into().ok().map(Self)
    }
}

/// An active sign-in.
pub struct Session {
    pub token: RefreshToken,
    /// Seconds until the token expires.
    pub expires_in: i64,
    pub subject: Subject,
    pub proof: Proof,
}

/// How a sign-in starts.
#[derive(Clone, Debug)]
pub struct Start {
    /// Maximum lifetime.
    pub days: SignInDays,
    pub client: Client,
}

/// The value of `amr` (RFC 8176) for a password, and for a link that was mailed.
pub const BY_PASSWORD: &str = "pwd";
pub const BY_LINK: &str = "otp";

/// Active sign-ins of one user. A new one ends those used longest ago, so that ending and listing all of them stays a
/// small step. Index: `sign_ins_active_idx`.
pub const MAX_SIGN_INS: i64 = 100;

/// Starts a sign-in with its first token. Returns `None` if, since `epoch` was read, the account was suspended, reset
/// or deleted, or all its sign-ins were revoked. The row lock serializes this with those changes.
pub async fn issue(
    database: &Database,
    start: &Start,
    subject: Subject,
    epoch: i32,
    method: &str,
) -> Result<Option<Session>, ApiError> {
    Ok(database.write(|| begin_sign_in(&**database, start, subject.clone(), epoch, method)).await?)
}

/// Does the same as [`issue`], as part of another operation.
pub async fn begin_sign_in(
    executor: impl PgExecutor<'_>,
    Start { days, client }: &Start,
    subject: Subject,
    epoch: i32,
    method: &str,
) -> Result<Option<Session>, OperationError> {
    let token = RefreshToken(random::secret()?);
    let sign_in = Uuid::now_v7();
    let authenticated_at: Option<OffsetDateTime> = sqlx::query_scalar(
        "WITH account AS (
             SELECT id FROM users.users
             WHERE id = $2 AND suspended_at IS NULL AND deletes_at IS NULL AND sign_in_epoch = $5 FOR SHARE),
         sign_in AS (
             INSERT INTO users.sign_ins (id, user_id, user_agent, network, ip, amr, authenticated_at)
             SELECT $1, id, $6, $7::cidr, $8::inet, ARRAY[$9], now() FROM account
             RETURNING id, user_id, authenticated_at),
         token AS (
             INSERT INTO users.refresh_tokens (token_hash, user_id, family_id, expires_at)
             SELECT $3, user_id, id, now() + make_interval(days => $4) FROM sign_in),
         excess AS (
             UPDATE users.sign_ins SET revoked_at = now()
             WHERE id IN (SELECT s.id FROM users.sign_ins s JOIN sign_in ON sign_in.user_id = s.user_id
                          WHERE s.revoked_at IS NULL
                          ORDER BY coalesce(s.last_used_at, s.created_at) DESC, s.id DESC OFFSET $10)
               AND revoked_at IS NULL
             RETURNING id, user_id),
         event AS (
             INSERT INTO users.events (type, subject, data)
             SELECT 'session.revoked', user_id, jsonb_build_object('sid', id) FROM excess)
         SELECT authenticated_at FROM sign_in",
    )
    .bind(sign_in)
    .bind(subject.id.0)
    .bind(token.hash())
    .bind(days.idle_days())
    .bind(epoch)
    .bind(&client.user_agent)
    .bind(&client.network)
    .bind(&client.address)
    .bind(method)
    .bind(MAX_SIGN_INS - 1)
    .fetch_optional(executor)
    .await?;
    let expires_in = i64::from(days.idle_days()) * 86_400;
    Ok(authenticated_at.map(|authenticated_at| {
        let proof = Proof { sign_in, authenticated_at, methods: vec![method.to_owned()] };
        Session { token, expires_in, subject, proof }
    }))
}

/// Gives a sign-in a new token in place of all that it has, after its user has proved their identity with the
/// password. A token that is replaced is unknown from then on: presenting it is no sign of theft. Returns `None` if
/// the sign-in has ended.
pub async fn replace(
    connection: &mut PgConnection,
    days: SignInDays,
    sign_in: Uuid,
) -> Result<Option<Session>, OperationError> {
    // Locked first, so that the next statement sees the token of an exchange that was under way. Indexes:
    // refresh_tokens_family_id_idx, sessions_sign_in_idx.
    for statement in [
        "SELECT FROM users.sign_ins WHERE id = $1 FOR NO KEY UPDATE",
        "DELETE FROM users.refresh_tokens WHERE family_id = $1",
    ] {
        sqlx::query(statement).bind(sign_in).execute(&mut *connection).await?;
    }
    end_page_sessions(connection, sign_in).await?;
    let token = RefreshToken(random::secret()?);
    let owner: Option<Owner> = sqlx::query_as(
        "WITH proven AS (
             UPDATE users.sign_ins s SET authenticated_at = now(), amr = ARRAY[$5]
             WHERE s.id = $1 AND s.revoked_at IS NULL AND s.created_at + make_interval(days => $4) > now()
             RETURNING s.id, s.user_id, s.authenticated_at, s.amr,
                       least(now() + make_interval(days => $3), s.created_at + make_interval(days => $4)) AS expires_at),
         issued AS (
             INSERT INTO users.refresh_tokens (token_hash, user_id, family_id, expires_at)
             SELECT $2, user_id, id, expires_at FROM proven)
         SELECT p.id AS family_id, p.authenticated_at, p.amr,
                extract(epoch FROM p.expires_at - now())::bigint AS expires_in, u.id, u.email, u.roles
         FROM proven p JOIN users.users u ON u.id = p.user_id",
    )
    .bind(sign_in)
    .bind(token.hash())
    .bind(REFRESH_TOKEN_DAYS)
    .bind(days.0)
    .bind(BY_PASSWORD)
    .fetch_optional(connection)
    .await?;
    Ok(owner.map(|owner| owner.session(token)))
}

/// Records that the user of a sign-in has proved their identity with the password.
pub async fn renew_proof(connection: &mut PgConnection, sign_in: Uuid) -> sqlx::Result<()> {
    let statement = "UPDATE users.sign_ins SET authenticated_at = now(), amr = ARRAY[$2] WHERE id = $1";
    sqlx::query(statement).bind(sign_in).bind(BY_PASSWORD).execute(&mut *connection).await?;
    end_page_sessions(connection, sign_in).await
}

/// Deletes the page sessions of a sign-in, since a proof of identity must not make a stolen cookie more powerful (OWASP
/// ASVS 7.2.4). The caller gets a new one.
async fn end_page_sessions(connection: &mut PgConnection, sign_in: Uuid) -> sqlx::Result<()> {
    let statement = "DELETE FROM users.sessions WHERE data ->> 'family' = $1::text";
    sqlx::query(statement).bind(sign_in.to_string()).execute(connection).await?;
    Ok(())
}

/// Exchanges a token for its successor. A token presented again within ten seconds yields the same successor (two tabs,
/// a lost response). After that it counts as stolen, and the whole sign-in is revoked. Locks the user, then the
/// sign-in, then its tokens, as everywhere.
///
/// # Errors
/// `INVALID_REFRESH_TOKEN` (USER-BE-002.2-S2).
pub async fn rotate(
    database: &Database,
    Start { days, client }: &Start,
    token: &RefreshToken,
) -> Result<Session, ApiError> {
    let days = *days;
    let nonce = random::secret()?;
    let successor = token.successor(&nonce).ok_or(ErrorCode::Internal)?;
    let statement = "
        WITH presented AS (SELECT user_id, family_id FROM users.refresh_tokens WHERE token_hash = $1),
         owner AS (SELECT id FROM users.users WHERE id = (SELECT user_id FROM presented) FOR KEY SHARE),
         family AS (
             SELECT f.* FROM users.sign_ins f JOIN owner ON owner.id = f.user_id
             WHERE f.id = (SELECT family_id FROM presented) AND f.revoked_at IS NULL
               AND f.created_at + make_interval(days => $5) > now()
             FOR NO KEY UPDATE OF f),
         consumed AS (
             UPDATE users.refresh_tokens t SET revoked = true, rotated_at = now(), successor_nonce = $2
             FROM family f
             WHERE t.token_hash = $1 AND t.family_id = f.id AND NOT t.revoked AND t.expires_at > now()
             RETURNING t.user_id, t.family_id, coalesce(f.authenticated_at, f.created_at) AS authenticated_at, f.amr,
                       least(now() + make_interval(days => $4), f.created_at + make_interval(days => $5)) AS expires_at),
         issued AS (
             INSERT INTO users.refresh_tokens (token_hash, user_id, family_id, expires_at)
             SELECT $3, user_id, family_id, expires_at FROM consumed),
         used AS (
             UPDATE users.sign_ins SET last_used_at = now(), ip = $6::inet
             WHERE id = (SELECT family_id FROM consumed))
         SELECT c.family_id, c.authenticated_at, c.amr, extract(epoch FROM c.expires_at - now())::bigint AS expires_in, u.id, u.email, u.roles
         FROM consumed c JOIN users.users u ON u.id = c.user_id";
    let rotate = || {
        let statement = sqlx::query_as(statement).bind(token.hash()).bind(nonce).bind(successor.hash());
        statement.bind(REFRESH_TOKEN_DAYS).bind(days.0).bind(&client.address).fetch_optional(&**database)
    };
    let rotated: Option<Owner> = database.write(rotate).await?;
    let session = match rotated {
        Some(owner) => Ok(owner.session(successor)),
        None => repeat(database, days, token).await,
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

/// Returns the live token that `token` was exchanged for within the grace period. Any other used token counts as
/// stolen, and its sign-in is revoked.
async fn repeat(database: &Database, days: SignInDays, token: &RefreshToken) -> Result<Session, ApiError> {
    match find(database, days, token).await? {
        Found::Live(session) => Ok(session),
        Found::Used(owner) => {
            let sign_in = owner.proof.sign_in;
            tracing::warn!(%sign_in, "a used refresh token was presented again: revoking its sign-in");
            revocation::revoke(database, sign_in).await?;
            attempts::record(Attempt::Refresh, Outcome::Reused, Some(owner.subject.id.0));
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
    Used(Owner),
    /// It is unknown or expired, or its sign-in has ended.
    Invalid,
}

/// Looks up a token and follows its exchanges within the grace period. Read-only.
async fn find(pool: &PgPool, days: SignInDays, token: &RefreshToken) -> Result<Found, ApiError> {
    let mut token = RefreshToken(token.0);
    for _ in 0..GRACE_STEPS {
        let row = sqlx::query(
            "SELECT t.revoked, t.successor_nonce, t.rotated_at > now() - interval '10 seconds' AS in_grace,
                    extract(epoch FROM least(t.expires_at, f.created_at + make_interval(days => $2)) - now())::bigint
                    AS expires_in, t.family_id, coalesce(f.authenticated_at, f.created_at) AS authenticated_at, f.amr,
                    u.id, u.email, u.roles
             FROM users.refresh_tokens t
             JOIN users.sign_ins f ON f.id = t.family_id
             JOIN users.users u ON u.id = t.user_id
             WHERE t.token_hash = $1 AND t.expires_at > now()
               AND f.revoked_at IS NULL AND f.created_at + make_interval(days => $2) > now()",
        )
        .bind(token.hash())
        .bind(days.0)
        .fetch_optional(pool)
        .await?;
        let Some(row) = row else { return Ok(Found::Invalid) };
        let owner = Owner::from_row(&row)?;
        if !row.try_get::<bool, _>("revoked")? {
            return Ok(Found::Live(owner.session(token)));
        }
        let in_grace: Option<bool> = row.try_get("in_grace")?;
        let nonce: Option<Vec<u8>> = row.try_get("successor_nonce")?;
        match (nonce.and_then(|nonce| token.successor(&nonce)), in_grace) {
            (Some(successor), Some(true)) => token = successor,
            _ => return Ok(Found::Used(owner)),
        }
    }
    Ok(Found::Invalid)
}

/// Returns the sign-in that a token belongs to, live or not.
pub async fn sign_in_of(pool: &PgPool, token: &RefreshToken) -> Result<Option<Uuid>, ApiError> {
    let sign_in = sqlx::query_scalar("SELECT family_id FROM users.refresh_tokens WHERE token_hash = $1");
    Ok(sign_in.bind(token.hash()).fetch_optional(pool).await?)
}

/// Returns the sign-in of a token that a refresh would accept now.
pub async fn live_sign_in(pool: &PgPool, days: SignInDays, token: &RefreshToken) -> Result<Option<Uuid>, ApiError> {
    Ok(match find(pool, days, token).await? {
        Found::Live(session) => Some(session.proof.sign_in),
        Found::Used(_) | Found::Invalid => None,
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
