//! Access tokens: RS256 JWTs (RFC 9068 in spirit), signed with a key that is parsed once.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::random::{encode, sha256};
use crate::model::id::UserId;
use crate::model::tokens::{ACCESS_TOKEN_SECONDS, AccessToken};
use crate::rest::error::{ApiError, ErrorCode};

/// Whom tokens are for: the services of this network.
const AUDIENCE: &str = "kith";
/// Seconds by which clocks of other machines may differ.
const LEEWAY_SECONDS: u64 = 30;

/// Who a token speaks for.
#[derive(Clone, Debug)]
pub struct Subject {
    pub id: UserId,
    pub email: String,
    pub roles: Vec<String>,
}

/// The claims of an access token; `user_id`, `email` and `roles` as USER-STORY-002-S1 says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: UserId,
    /// Seconds since 1970, as `exp`.
    pub iat: i64,
    pub exp: i64,
    pub jti: Uuid,
    pub user_id: UserId,
    pub email: String,
    pub roles: Vec<String>,
}

/// Signs and checks access tokens.
pub struct TokenKey {
    pair: KeyPair,
    public: DecodingKey,
    header: String,
    kid: String,
    issuer: String,
    validation: Validation,
}

impl TokenKey {
    /// `issuer` becomes the `iss` claim.
    ///
    /// # Errors
    /// Only if a header of plain strings could not be written as JSON.
    pub fn new(pair: KeyPair, issuer: &str) -> serde_json::Result<Self> {
        let public = pair.public_key().as_ref();
        let kid = encode(&sha256(public)[..12]);
        let header = serde_json::to_vec(&Header { kid: Some(kid.clone()), ..Header::new(Algorithm::RS256) })?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = LEEWAY_SECONDS;
        let public = DecodingKey::from_rsa_der(public);
        Ok(Self { pair, public, header: encode(&header), kid, issuer: issuer.to_owned(), validation })
    }

    /// A token for `subject`, good for 15 minutes.
    ///
    /// # Errors
    /// `INTERNAL` when signing fails.
    pub fn sign(&self, subject: &Subject) -> Result<AccessToken, ApiError> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: subject.id,
            iat: now,
            exp: now + i64::from(ACCESS_TOKEN_SECONDS),
            jti: Uuid::now_v7(),
            user_id: subject.id,
            email: subject.email.clone(),
            roles: subject.roles.clone(),
        };
        self.signed(&claims).ok_or_else(|| {
            tracing::error!("an access token could not be signed");
            ErrorCode::Internal.into()
        })
    }

    fn signed(&self, claims: &Claims) -> Option<AccessToken> {
        let message = format!("{}.{}", self.header, encode(&serde_json::to_vec(claims).ok()?));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).ok()?;
        Some(AccessToken::bearer(format!("{message}.{}", encode(&signature))))
    }

    /// The claims of a token of ours that has not expired.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for all others, with no word on why.
    pub fn verify(&self, token: &str) -> Result<Claims, ApiError> {
        let refused = |_| ApiError::from(ErrorCode::Unauthenticated);
        if decode_header(token).map_err(refused)?.kid.as_deref() != Some(&self.kid) {
            return Err(ErrorCode::Unauthenticated.into());
        }
        Ok(decode::<Claims>(token, &self.public, &self.validation).map_err(refused)?.claims)
    }
}
