//! Settings for signing and verifying access tokens.

use std::net::SocketAddr;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::environment::{ConfigError, Environment, variables};
use super::http::listen_addr;
use super::signing_key;
use crate::domain::sign_in::access_token::TokenKeys;
use crate::domain::sign_in::key_set::PublicKey;

variables! {
    JWT_PRIVATE_KEY: "an RSA private key of at least 2048 bits in PEM (PKCS#8 or PKCS#1), or base64 of it",
    JWT_PREVIOUS_KEYS: "one or more RSA keys of at least 2048 bits in PEM, public or private",
    PUBLIC_URL: "an origin without a path, such as https://kith.example.com",
}

#[derive(Clone, Debug)]
pub struct Signing {
    /// `JWT_PRIVATE_KEY`, required. PEM with real line breaks, already validated by [`signing_key::parse`].
    pub private_key: SecretString,
    /// `JWT_PREVIOUS_KEYS`: further keys that are published and whose tokens are accepted. None by default.
    pub previous_keys: Vec<PublicKey>,
    /// `PUBLIC_URL`: the origin that users see, used for links in mail and as the issuer of tokens. By default
    /// `http://localhost:(port of LISTEN_ADDR)`.
    pub public_url: Url,
}

impl Signing {
    pub(super) fn read<L: Fn(&str) -> Option<String>>(
        env: &mut Environment<L>,
        listen_addr: SocketAddr,
    ) -> Option<Self> {
        let private_key = env.required_secret(JWT_PRIVATE_KEY, private_key);
        let previous_keys = env.optional_secret(JWT_PREVIOUS_KEYS, previous_keys).unwrap_or_default();
        let public_url =
            env.optional(PUBLIC_URL, origin).or_else(|| origin(&format!("http://localhost:{}", listen_addr.port())));
        Some(Self { private_key: private_key?, previous_keys, public_url: public_url? })
    }

    /// Reads only these settings, for commands that need no others.
    ///
    /// # Errors
    /// Lists everything that is missing or malformed.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut env = Environment::new(lookup);
        let listen_addr = listen_addr(&mut env);
        let signing = Self::read(&mut env, listen_addr);
        env.finish(signing)
    }

    /// Prepares the keys for use.
    pub fn token_keys(&self) -> anyhow::Result<TokenKeys> {
        let issuer = self.public_url.origin().ascii_serialization();
        TokenKeys::new(signing_key::parse(self.private_key.expose_secret())?, self.previous_keys.clone(), &issuer)
    }
}

fn private_key(text: &str) -> Option<SecretString> {
    let pem = signing_key::unwrap(text);
    signing_key::parse(&pem).ok()?;
    Some(pem.into())
}

fn previous_keys(text: &str) -> Option<Vec<PublicKey>> {
    signing_key::parse_many(&signing_key::unwrap(text)).ok()
}

fn origin(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && url.username().is_empty() && bare).then_some(url)
}
