//! Refresh tokens: each is used once, and those of a sign-in form a family (RFC 9700, section 4.14.2).
//!
//! A token contains the ID of the user, the ID of the sign-in, a secret that all tokens of the sign-in share, and 256
//! random bits of its own. The database has hashes of both secrets. Only tokens that can still be exchanged, or were
//! exchanged a moment ago, have a row. Any other token with the right shared secret was used long ago: it counts as
//! stolen. Knowing the IDs alone proves nothing.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use futures::future::BoxFuture;
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;
use time::Duration;
use uuid::Uuid;

use super::access_token::{Proof, Subject};
use super::client::Client;
use super::legacy;
use super::revocation;
use super::sign_in_id::SignInId;
use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin};
use crate::base::random;
use crate::base::random::{Secret, sha256};
use crate::base::sweep::{Delete, ExpiringRows};
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

/// Expired tokens, and sign-ins without unexpired tokens. Indexes: `refresh_tokens_expires_at_idx`,
/// `refresh_tokens_family_id_idx`.
pub const EXPIRED: ExpiringRows = ExpiringRows {
    name: "refresh tokens",
    select: "SELECT expires_at, token_hash FROM users.refresh_tokens
             WHERE expires_at < now() AND (expires_at, token_hash) > ($1, $2) AND $4 = 0
             ORDER BY expires_at, token_hash LIMIT $3",
    delete: Delete::Together(delete_expired),
    days: 0,
};

fn delete_expired<'a>(pool: &'a Pool, token_hashes: &'a [Vec<u8>], _: i32) -> BoxFuture<'a, sqlx::Result<u64>> {
    Box::pin(async move {
        let mut transaction = begin(pool).await?;
        let tokens = "DELETE FROM users.refresh_tokens WHERE token_hash = ANY($1) AND expires_at < now()
                      RETURNING user_id, family_id";
        let expired: Vec<(Uuid, Uuid)> = sqlx::query_as(tokens).bind(token_hashes).fetch_all(&mut *transaction).await?;
        let (users, sign_ins): (Vec<Uuid>, Vec<Uuid>) = expired.into_iter().unzip();
        let ended = "DELETE FROM users.sign_ins s WHERE s.user_id = ANY($1) AND s.id = ANY($2)
                         AND NOT EXISTS (SELECT FROM users.refresh_tokens t
                                         WHERE t.user_id = s.user_id AND t.family_id = s.id AND t.expires_at > now())";
        let ended = sqlx::query(ended).bind(&users).bind(&sign_ins).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(ended.rows_affected())
    })
}

/// The secret that all tokens of a sign-in share: 128 random bits.
type FamilySecret = [u8; 16];
/// The bytes of a token: the IDs of the user and the sign-in, and both secrets.
const TOKEN_BYTES: usize = 16 + 16 + 16 + 32;

/// The part that all tokens of a sign-in share.
#[derive(Clone, Copy)]
struct Family {
    sign_in: SignInId,
    secret: FamilySecret,
}

impl Family {
    /// Of a new sign-in, or of one whose earlier tokens are to be forgotten.
    fn new(sign_in: SignInId) -> Result<Self, ApiError> {
        let mut secret = FamilySecret::default();
        random::fill(&mut secret)?;
        Ok(Self { sign_in, secret })
    }

    fn secret_hash(&self) -> Vec<u8> {
        sha256(&self.secret)
    }
}

/// A refresh token in the clear. The database stores only hashes.
#[derive(Clone, Copy)]
pub struct RefreshToken {
    /// `None` for tokens of versions before migration 0023.
    family: Option<Family>,
    secret: Secret,
}

impl RefreshToken {
    /// Parses the value of the cookie.
    ///
    /// # Errors
    /// `INVALID_REFRESH_TOKEN` if it is malformed.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let named = random::decode_bytes(text).and_then(|bytes| Self::read(&bytes));
        let token = named.or_else(|| random::decode(text).map(|secret| Self { family: None, secret }));
        token.ok_or_else(|| ErrorCode::InvalidRefreshToken.into())
    }

    fn read(bytes: &[u8; TOKEN_BYTES]) -> Option<Self> {
        let (user, rest) = bytes.split_first_chunk()?;
        let (id, rest) = rest.split_first_chunk()?;
        let (secret, rest) = rest.split_first_chunk()?;
        let sign_in = SignInId { user: Uuid::from_bytes(*user), id: Uuid::from_bytes(*id) };
        Some(Self { family: Some(Family { sign_in, secret: *secret }), secret: rest.try_into().ok()? })
    }

    /// The value of the cookie.
    pub fn encode(&self) -> String {
        match &self.family {
            Some(Family { sign_in, secret }) => random::encode(
                &[sign_in.user.as_bytes().as_slice(), sign_in.id.as_bytes(), secret, &self.secret].concat(),
            ),
            None => random::encode(&self.secret),
        }
    }

    fn new(family: Family) -> Result<Self, ApiError> {
        Ok(Self { family: Some(family), secret: random::secret()? })
    }

    pub(super) fn hash(&self) -> Vec<u8> {
        sha256(&self.secret)
    }

    /// The hash of the secret that the token shares with the others of its sign-in.
    pub(super) fn family_secret_hash(&self) -> Option<Vec<u8>> {
        self.family.map(|family| family.secret_hash())
    }

    /// Returns the sign-in whose rows are looked for the token. A token that names another one than its own is not
    /// found.
    pub(super) async fn sign_in(&self, pool: &Pool) -> sqlx::Result<Option<SignInId>> {
        match self.family {
            Some(family) => Ok(Some(family.sign_in)),
            None => legacy::sign_in_of_token(pool, &self.hash()).await,
        }
    }

    /// The token of `sign_in` that this one is exchanged for. Every client that presents this token within the grace
    /// period gets the same successor, and only those clients can compute it.
    pub(super) fn successor(&self, sign_in: SignInId, nonce: &[u8]) -> Option<Self> {
        let key = Key::new(HMAC_SHA256, &self.secret);
        let family = if let Some(family) = self.family {
            family
        } else {
            let derived = sign(&key, &[b"family".as_slice(), nonce].concat());
            Family { sign_in, secret: *derived.as_ref().first_chunk()? }
        };
        Some(Self { family: Some(family), secret: sign(&key, nonce).as_ref().try_into().ok()? })
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

impl Session {
    pub const fn sign_in(&self) -> SignInId {
        SignInId { user: self.subject.id.0, id: self.proof.sign_in }
    }
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
    let issue = async || -> Result<Option<Session>, OperationError> {
        let mut transaction = begin(database).await?;
        let session = begin_sign_in(&mut transaction, start, subject.clone(), epoch, method).await?;
        transaction.commit().await?;
        Ok(session)
    };
    Ok(database.write(issue).await?)
}

/// Does the same as [`issue`], as part of another operation.
pub async fn begin_sign_in(
    connection: &mut PgConnection,
    Start { days, client }: &Start,
    subject: Subject,
    epoch: i32,
    method: &str,
) -> Result<Option<Session>, OperationError> {
    let user = subject.id.0;
    let account = "SELECT id FROM users.users
                   WHERE id = $1 AND suspended_at IS NULL AND deletes_at IS NULL AND sign_in_epoch = $2 FOR SHARE";
    let account: Option<Uuid> =
        sqlx::query_scalar(account).bind(user).bind(epoch).fetch_optional(&mut *connection).await?;
    if account.is_none() {
        return Ok(None);
    }
    let family = Family::new(SignInId { user, id: Uuid::now_v7() })?;
    let authenticated_at: OffsetDateTime = sqlx::query_scalar(
        "INSERT INTO users.sign_ins
             (id, user_id, user_agent, network, ip, amr, authenticated_at, family_secret_hash)
         VALUES ($1, $2, $3, $4::cidr, $5::inet, ARRAY[$6], now(), $7) RETURNING authenticated_at",
    )
    .bind(family.sign_in.id)
    .bind(user)
    .bind(&client.user_agent)
    .bind(&client.network)
    .bind(&client.address)
    .bind(method)
    .bind(family.secret_hash())
    .fetch_one(&mut *connection)
    .await?;
    let token = RefreshToken::new(family)?;
    let lifetime = Duration::days(days.idle_days().into());
    insert(connection, &token, family.sign_in, authenticated_at + lifetime).await?;
    revocation::revoke_excess(connection, family.sign_in).await?;
    let proof = Proof { sign_in: family.sign_in.id, authenticated_at, methods: vec![method.to_owned()] };
    Ok(Some(Session { token, expires_in: lifetime.whole_seconds(), subject, proof }))
}

async fn insert(
    connection: &mut PgConnection,
    token: &RefreshToken,
    sign_in: SignInId,
    expires_at: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO users.refresh_tokens (token_hash, user_id, family_id, expires_at, names_sign_in)
         VALUES ($1, $2, $3, $4, true)",
    )
    .bind(token.hash())
    .bind(sign_in.user)
    .bind(sign_in.id)
    .bind(expires_at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives a sign-in a new token in place of all that it has, after its user has proved their identity with the
/// password. A token that is replaced is unknown from then on: presenting it is no sign of theft. Returns `None` if
/// the sign-in has ended.
pub async fn replace(
    connection: &mut PgConnection,
    days: SignInDays,
    sign_in: SignInId,
) -> Result<Option<Session>, OperationError> {
    // Locked first, so that the next statement sees the token of an exchange that was under way. Indexes:
    // refresh_tokens_family_id_idx, sessions_sign_in_idx.
    for statement in [
        "SELECT FROM users.sign_ins WHERE user_id = $1 AND id = $2 FOR NO KEY UPDATE",
        "DELETE FROM users.refresh_tokens WHERE user_id = $1 AND family_id = $2",
    ] {
        sqlx::query(statement).bind(sign_in.user).bind(sign_in.id).execute(&mut *connection).await?;
    }
    end_page_sessions(connection, sign_in).await?;
    let family = Family::new(sign_in)?;
    let proven: Option<(OffsetDateTime, OffsetDateTime)> = sqlx::query_as(
        "UPDATE users.sign_ins SET authenticated_at = now(), amr = ARRAY[$4], family_secret_hash = $5
         WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL AND created_at > now() - make_interval(days => $3)
         RETURNING authenticated_at, created_at",
    )
    .bind(sign_in.user)
    .bind(sign_in.id)
    .bind(days.0)
    .bind(BY_PASSWORD)
    .bind(family.secret_hash())
    .fetch_optional(&mut *connection)
    .await?;
    let Some((now, created_at)) = proven else { return Ok(None) };
    let token = RefreshToken::new(family)?;
    let idle = now + Duration::days(REFRESH_TOKEN_DAYS.into());
    let expires_at = idle.min(created_at + Duration::days(days.0.into()));
    insert(connection, &token, sign_in, expires_at).await?;
    let (email, roles): (String, Vec<String>) = sqlx::query_as("SELECT email, roles FROM users.users WHERE id = $1")
        .bind(sign_in.user)
        .fetch_one(connection)
        .await?;
    let subject = Subject { id: UserId(sign_in.user), email, roles };
    let proof = Proof { sign_in: sign_in.id, authenticated_at: now, methods: vec![BY_PASSWORD.to_owned()] };
    Ok(Some(Session { token, expires_in: (expires_at - now).whole_seconds(), subject, proof }))
}

/// Records that the user of a sign-in has proved their identity with the password.
pub async fn renew_proof(connection: &mut PgConnection, sign_in: SignInId) -> sqlx::Result<()> {
    let statement = "UPDATE users.sign_ins SET authenticated_at = now(), amr = ARRAY[$3]
                     WHERE user_id = $1 AND id = $2";
    let statement = sqlx::query(statement).bind(sign_in.user).bind(sign_in.id).bind(BY_PASSWORD);
    statement.execute(&mut *connection).await?;
    end_page_sessions(connection, sign_in).await
}

/// Deletes the page sessions of a sign-in, since a proof of identity must not make a stolen cookie more powerful (OWASP
/// ASVS 7.2.4). The caller gets a new one.
async fn end_page_sessions(connection: &mut PgConnection, sign_in: SignInId) -> sqlx::Result<()> {
    let statement = "DELETE FROM users.sessions WHERE data ->> 'family' = $1";
    sqlx::query(statement).bind(sign_in.id.to_string()).execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(secret: u8) -> RefreshToken {
        let sign_in = SignInId { user: Uuid::from_u128(1), id: Uuid::from_u128(2) };
        RefreshToken { family: Some(Family { sign_in, secret: [3; 16] }), secret: [secret; 32] }
    }

    #[test]
    fn a_token_and_its_successor_name_the_sign_in() {
        let token = token(4);
        let read = RefreshToken::parse(&token.encode()).unwrap();
        let sign_in = token.family.unwrap().sign_in;
        let successor = read.successor(sign_in, b"nonce").unwrap();
        assert_eq!(successor.family.unwrap().sign_in, sign_in);
        assert_eq!(successor.family_secret_hash(), token.family_secret_hash());
        assert_eq!(successor.encode(), token.successor(sign_in, b"nonce").unwrap().encode());
        assert_ne!(successor.encode(), token.successor(sign_in, b"other").unwrap().encode());
        assert_ne!(successor.hash(), token.hash());
    }

    #[test]
    fn the_successor_of_an_older_token_names_the_sign_in() {
        let older = RefreshToken::parse(&random::encode(&[4; 32])).unwrap();
        assert!(older.family.is_none());
        let sign_in = SignInId { user: Uuid::from_u128(1), id: Uuid::from_u128(2) };
        let successor = older.successor(sign_in, b"nonce").unwrap();
        assert_eq!(successor.encode(), older.successor(sign_in, b"nonce").unwrap().encode());
        let read = RefreshToken::parse(&successor.encode()).unwrap();
        assert_eq!(read.family.unwrap().sign_in, sign_in);
    }

    #[test]
    fn a_token_of_another_length_is_malformed() {
        for text in [String::new(), "A".repeat(42), "A".repeat(86), "A".repeat(108), "=".repeat(43)] {
            assert!(RefreshToken::parse(&text).is_err(), "{text}");
        }
    }
}
