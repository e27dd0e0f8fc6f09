//! Random secrets, and the hashes under which the database knows them.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::model::error::{ApiError, ErrorCode};

/// 256 bits.
pub type Secret = [u8; 32];

/// A new random secret.
///
/// # Errors
/// `INTERNAL` when the operating system gives no randomness.
pub fn secret() -> Result<Secret, ApiError> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| {
        tracing::error!("the operating system gives no randomness");
        ApiError::from(ErrorCode::Internal)
    })?;
    Ok(bytes)
}

/// SHA-256. Fast is right here: secrets of 256 random bits cannot be guessed from it.
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

/// Base64url without padding, as secrets travel in links and cookies.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The secret that [`encode`] wrote, if it is one.
pub fn decode(text: &str) -> Option<Secret> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}
