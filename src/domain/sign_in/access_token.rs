//! Access tokens: RS256 JWTs (RFC 9068) for users and for other services.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::key_set::{KeySet, PublicKey};
use super::verified_tokens::{Verified, VerifiedTokens};
use crate::base::random::encode;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;
use crate::model::sign_in::{ACCESS_TOKEN_SECONDS, AccessToken};

/// The audience of all tokens: the services of this network.
const AUDIENCE: &str = "kith";
/// The header's `typ` (RFC 9068, section 2.1), so that no other JWT is accepted as an access token.
const TYPE: &str = "at+jwt";
/// How long an expired token is still accepted. The clock of the database, which decides, may change in a failover.
const LEEWAY: Duration = Duration::seconds(30);

/// The user that a token identifies.
#[derive(Clone, Debug)]
pub struct Subject {
    pub id: UserId,
    pub email: String,
    pub roles: Vec<String>,
}

/// The proof of identity in a sign-in.
#[derive(Clone, Debug)]
pub struct Proof {
    pub sign_in: Uuid,
    /// When it was given. A refresh does not renew it.
    pub authenticated_at: OffsetDateTime,
    /// How (RFC 8176): `pwd`, or `otp` for a mailed link.
    pub methods: Vec<String>,
}

/// The caller that a token identifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Principal {
    /// A user, with the claims of USER-STORY-002-S1.
    User {
        user_id: UserId,
        email: String,
        roles: Vec<String>,
        /// The sign-in, so that services can end sessions of their own with it.
        #[serde(skip_serializing_if = "Option::is_none")]
        sid: Option<Uuid>,
        /// When the user last proved their identity, in seconds since 1970 (RFC 9068, section 2.2.1).
        #[serde(skip_serializing_if = "Option::is_none")]
        auth_time: Option<i64>,
        /// How (RFC 8176).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        amr: Vec<String>,
    },
    /// Another service of the network.
    Service { service: String },
}

/// The claims of an access token.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    /// Seconds since 1970, like `exp`.
    iat: i64,
    exp: i64,
    jti: Uuid,
    #[serde(flatten)]
    principal: Principal,
}

/// Signs and verifies access tokens.
pub struct TokenKeys {
    pair: KeyPair,
    header: String,
    issuer: String,
    validation: Validation,
    keys: KeySet,
    verified: VerifiedTokens,
}

impl TokenKeys {
    /// Signs with `pair` as `issuer`, and also accepts tokens signed with `others`, the earlier and future keys.
    pub fn new(pair: KeyPair, others: Vec<PublicKey>, issuer: &str) -> anyhow::Result<Self> {
        let current = PublicKey::of_pair(&pair)?;
        let header =
            Header { kid: Some(current.kid().to_owned()), typ: Some(TYPE.to_owned()), ..Header::new(Algorithm::RS256) };
        let header = encode(&serde_json::to_vec(&header)?);
        let keys = KeySet::new(std::iter::once(current).chain(others))?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // By the clock of this machine. `verify` checks it by the database's.
        validation.validate_exp = false;
        Ok(Self { pair, header, issuer: issuer.to_owned(), validation, keys, verified: VerifiedTokens::new() })
    }

    /// The public keys, for services that verify tokens themselves.
    pub const fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// Signs a token for a user, valid for 15 minutes from `now`, by the database's clock.
    pub fn sign(&self, subject: &Subject, proof: &Proof, now: OffsetDateTime) -> Result<AccessToken, ApiError> {
        let (Subject { id, email, roles }, Proof { sign_in, authenticated_at, methods }) =
            (subject.clone(), proof.clone());
        let auth_time = Some(authenticated_at.unix_timestamp());
        let principal = Principal::User { user_id: id, email, roles, sid: Some(sign_in), auth_time, amr: methods };
        let lifetime = Duration::seconds(ACCESS_TOKEN_SECONDS.into());
        self.signed(id.0.to_string(), principal, now, lifetime).map(AccessToken::bearer)
    }

    /// Signs a token for another service, valid from now by the clock of the operator's machine.
    pub fn sign_for_service(&self, service: &str, lifetime: Duration) -> Result<String, ApiError> {
        let principal = Principal::Service { service: service.to_owned() };
        self.signed(service.to_owned(), principal, OffsetDateTime::now_utc(), lifetime)
    }

    fn signed(
        &self,
        sub: String,
        principal: Principal,
        now: OffsetDateTime,
        lifetime: Duration,
    ) -> Result<String, ApiError> {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub,
            iat: now.unix_timestamp(),
            exp: (now + lifetime).unix_timestamp(),
            jti: Uuid::now_v7(),
            principal,
        };
        self.signature(&claims).ok_or_else(|| {
            tracing::error!("cannot sign an access token");
            ErrorCode::Internal.into()
        })
    }

    // Not with jsonwebtoken: it would parse the key for each token, which costs more than signing.
    fn signature(&self, claims: &Claims) -> Option<String> {
        let message = format!("{}.{}", self.header, encode(&serde_json::to_vec(claims).ok()?));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).ok()?;
        Some(format!("{message}.{}", encode(&signature)))
    }

    /// Returns the principal of a token that is valid at `now`, by the database's clock. The signature and the other
    /// claims are checked once: they do not change, nor do the keys, the issuer and the audience of these `TokenKeys`.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, without a reason, if the token is not ours or has expired.
    pub fn verify(&self, token: &str, now: OffsetDateTime) -> Result<Arc<Principal>, ApiError> {
        let verified = self.verified.find_or_verify(token, || {
            let Claims { exp, principal, .. } = self.claims(token)?;
            Some(Verified { expires_at: exp, principal: Arc::new(principal) })
        });
        let valid = verified.filter(|verified| verified.expires_at >= (now - LEEWAY).unix_timestamp());
        valid.map(|verified| verified.principal).ok_or_else(|| ErrorCode::Unauthenticated.into())
    }

    fn claims(&self, token: &str) -> Option<Claims> {
        let header = decode_header(token).ok()?;
        if header.typ.as_deref() != Some(TYPE) {
            return None;
        }
        let key = self.keys.find(&header.kid?)?;
        Some(decode(token, key, &self.validation).ok()?.claims)
    }
}
