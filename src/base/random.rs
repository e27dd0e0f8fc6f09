//! Random secrets, and the hashes that the database stores instead of them.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::model::error::{ApiError, ErrorCode};

/// 256 bits.
pub type Secret = [u8; 32];

/// Fills `bytes` with random bytes of the operating system.
pub fn fill(bytes: &mut [u8]) -> Result<(), ApiError> {
    rand::fill(bytes).map_err(|_| {
        tracing::error!("the operating system returned no random bytes");
        ErrorCode::Internal.into()
    })
}

/// Generates a random secret.
pub fn secret() -> Result<Secret, ApiError> {
    let mut bytes = [0; 32];
    fill(&mut bytes)?;
    Ok(bytes)
}

/// SHA-256. A fast hash is enough, because 256 random bits cannot be guessed.
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

/// Base64url without padding, the form of secrets in links and cookies.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes a secret written by [`encode`].
pub fn decode(text: &str) -> Option<Secret> {
    decode_bytes(text)
}

/// Decodes as many bytes as the caller expects.
pub fn decode_bytes<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// Encodes a secret with the ID of its owner, so that a database that is distributed by user knows where to look for
/// it.
pub fn encode_owned(owner: Uuid, secret: &Secret) -> String {
    encode(&[owner.as_bytes().as_slice(), secret].concat())
}

/// Decodes what [`encode_owned`] has written.
pub fn decode_owned(text: &str) -> Option<(Uuid, Secret)> {
    let bytes: [u8; 48] = decode_bytes(text)?;
    let (owner, secret) = bytes.split_first_chunk()?;
    Some((Uuid::from_bytes(*owner), secret.try_into().ok()?))
}
