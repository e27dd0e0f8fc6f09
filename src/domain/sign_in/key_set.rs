//! The public keys that verify access tokens: the current key, earlier keys whose tokens may still be in use, and a key
//! that is published before it is used.

use std::collections::HashMap;

use anyhow::{Context as _, ensure};
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::KeyPair as _;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey};

/// The smallest accepted modulus, in bytes: 2048 bits.
pub const MIN_MODULUS_BYTES: usize = 256;

/// An RSA public key that verifies tokens.
#[derive(Clone, Debug)]
pub struct PublicKey {
    key: DecodingKey,
    jwk: Jwk,
    kid: String,
}

impl PublicKey {
    /// The public key of `pair`.
    pub fn of_pair(pair: &KeyPair) -> anyhow::Result<Self> {
        Self::new(DecodingKey::from_rsa_der(pair.public_key().as_ref()))
    }

    /// Parses PEM, either `PUBLIC KEY` or `RSA PUBLIC KEY`.
    ///
    /// # Errors
    /// If it is not an RSA key of at least 2048 bits.
    pub fn from_pem(pem: &str) -> anyhow::Result<Self> {
        Self::new(DecodingKey::from_rsa_pem(pem.as_bytes())?)
    }

    fn new(key: DecodingKey) -> anyhow::Result<Self> {
        let mut jwk = Jwk::from_decoding_key(&key, Some(Algorithm::RS256))?;
        let AlgorithmParameters::RSA(parameters) = &jwk.algorithm else { anyhow::bail!("not an RSA key") };
        ensure!(parameters.n.len() >= (MIN_MODULUS_BYTES * 4).div_ceil(3), "shorter than 2048 bits");
        let kid = jwk.thumbprint(ThumbprintHash::SHA256)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { key, jwk, kid })
    }

    /// The key's id: its thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

/// Keys by id, and their published form.
pub struct KeySet {
    keys: HashMap<String, DecodingKey>,
    json: String,
}

impl KeySet {
    /// Collects the keys. Duplicates are dropped.
    pub fn new(all: impl Iterator<Item = PublicKey>) -> anyhow::Result<Self> {
        let (mut keys, mut published) = (HashMap::new(), Vec::new());
        for PublicKey { key, jwk, kid } in all {
            if keys.insert(kid, key).is_none() {
                published.push(jwk);
            }
        }
        let json = serde_json::to_string(&JwkSet { keys: published }).context("cannot serialize the key set")?;
        Ok(Self { keys, json })
    }

    pub fn find(&self, kid: &str) -> Option<&DecodingKey> {
        self.keys.get(kid)
    }

    /// The JWK Set (RFC 7517, section 5), with the current key first.
    pub fn json(&self) -> &str {
        &self.json
    }
}
