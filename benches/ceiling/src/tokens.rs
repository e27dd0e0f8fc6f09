//! Access tokens, and the exchange of refresh tokens.

use anyhow::Context as _;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use aws_lc_rs::rand;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::types::Json as Jsonb;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use crate::AppState;
use crate::error::Failure;

const AUDIENCE: &str = "kith";
const ACCESS_TOKEN_SECONDS: i64 = 900;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    exp: i64,
    jti: Uuid,
    user_id: Uuid,
    email: String,
    roles: Vec<String>,
    sid: Uuid,
    auth_time: i64,
    amr: Vec<String>,
}

/// The user that a token identifies.
pub struct Caller {
    pub user: Uuid,
    pub sign_in: Uuid,
}

/// Signs and verifies access tokens.
pub struct Keys {
    private: EncodingKey,
    public: DecodingKey,
    header: Header,
    issuer: String,
    validation: Validation,
}

impl Keys {
    pub fn read(private_key: &str, jwks: &str, issuer: String) -> anyhow::Result<Self> {
        let jwks: JwkSet = serde_json::from_str(jwks)?;
        let jwk = jwks.keys.first().context("the key set is empty")?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&issuer]);
        let header =
            Header { kid: jwk.common.key_id.clone(), typ: Some("at+jwt".to_owned()), ..Header::new(Algorithm::RS256) };
        let private = EncodingKey::from_rsa_pem(private_key.as_bytes())?;
        Ok(Self { private, public: DecodingKey::from_jwk(jwk)?, header, issuer, validation })
    }

    /// Returns the user with the Bearer token.
    pub fn caller(&self, headers: &HeaderMap) -> Result<Caller, Failure> {
        let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let token = token.ok_or(Failure::UNAUTHENTICATED)?;
        let decoded = jsonwebtoken::decode::<Claims>(token, &self.public, &self.validation);
        let claims = decoded.map_err(|_| Failure::UNAUTHENTICATED)?.claims;
        Ok(Caller { user: claims.user_id, sign_in: claims.sid })
    }
}

#[derive(Serialize)]
pub struct Issued {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
}

/// A refresh token: the IDs of the user and the sign-in, the secret that all tokens of the sign-in share, and its own.
struct RefreshToken([u8; 80]);

impl RefreshToken {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(cookie(headers, "refresh_token")?).ok()?;
        bytes.try_into().ok().map(Self)
    }

    fn id(&self, index: usize) -> Result<Uuid, uuid::Error> {
        Uuid::from_slice(&self.0[16 * index..16 * (index + 1)])
    }

    fn shared(&self) -> &[u8] {
        &self.0[32..48]
    }

    fn own(&self) -> &[u8] {
        &self.0[48..]
    }

    fn successor(&self, nonce: &[u8]) -> Self {
        let mut successor = Self(self.0);
        let own = hmac::sign(&hmac::Key::new(HMAC_SHA256, self.own()), nonce);
        successor.0[48..].copy_from_slice(own.as_ref());
        successor
    }
}

pub async fn refresh(State(state): State<AppState>, headers: HeaderMap) -> Result<impl IntoResponse, Failure> {
    let token = RefreshToken::of(&headers).ok_or(Failure::UNAUTHENTICATED)?;
    let (user, sign_in) = (token.id(0)?, token.id(1)?);
    let mut nonce = [0; 32];
    rand::fill(&mut nonce)?;
    let successor = token.successor(&nonce);
    let row = sqlx::query(
        "SELECT authenticated_at, amr, expires_in, email, roles
         FROM users.exchange_token($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(user)
    .bind(sign_in)
    .bind(sha256(token.own()))
    .bind(nonce)
    .bind(sha256(successor.own()))
    .bind(sha256(successor.shared()))
    .bind("127.0.0.1")
    .bind(30)
    .bind(365)
    .bind(16)
    .fetch_optional(&state.pool)
    .await?
    .ok_or(Failure::UNAUTHENTICATED)?;
    let session = cookie(&headers, "__Host-session").and_then(|id| URL_SAFE_NO_PAD.decode(id).ok());
    let session = session.ok_or(Failure::UNAUTHENTICATED)?;
    let session: Option<(Jsonb<serde_json::Value>, OffsetDateTime)> =
        sqlx::query_as("SELECT data, expires_at FROM users.sessions WHERE id_hash = $1 AND expires_at > now()")
            .bind(sha256(&session))
            .fetch_optional(&state.pool)
            .await?;
    let (Jsonb(data), _) = session.ok_or(Failure::UNAUTHENTICATED)?;
    if data["family"] != sign_in.to_string() {
        return Err(Failure::UNAUTHENTICATED);
    }
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let claims = Claims {
        iss: state.keys.issuer.clone(),
        aud: AUDIENCE.to_owned(),
        sub: user.to_string(),
        iat: now,
        exp: now + ACCESS_TOKEN_SECONDS,
        jti: Uuid::now_v7(),
        user_id: user,
        email: row.try_get("email")?,
        roles: row.try_get("roles")?,
        sid: sign_in,
        auth_time: row.try_get::<OffsetDateTime, _>("authenticated_at")?.unix_timestamp(),
        amr: row.try_get("amr")?,
    };
    let access_token = jsonwebtoken::encode(&state.keys.header, &claims, &state.keys.private)?;
    let cookie = format!(
        "refresh_token={}; HttpOnly; SameSite=Lax; Secure; Path=/auth; Max-Age={}",
        URL_SAFE_NO_PAD.encode(successor.0),
        row.try_get::<i64, _>("expires_in")?
    );
    let token = Issued { access_token, token_type: "bearer", expires_in: ACCESS_TOKEN_SECONDS };
    Ok(([(SET_COOKIE, cookie)], Json(token)))
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get(COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='))
}
