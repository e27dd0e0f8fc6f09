//! Reads the RSA keys for access tokens from PEM: the private key that signs, and further accepted keys.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    error::{KeyRejected, Unspecified},
    rsa::{KeyPair, KeySize},
};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use pem::Pem;

use crate::domain::sign_in::key_set::{MIN_MODULUS_BYTES, PublicKey};

/// Some tools omit the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a key was rejected. Contains nothing of the key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("not PEM")]
    NotPem,
    #[error("not the PEM of an RSA private key")]
    WrongKind,
    #[error("not a usable RSA key: {0}")]
    Rejected(#[from] KeyRejected),
    #[error("shorter than 2048 bits")]
    TooShort,
}

/// Extracts PEM from a variable, in any form that platforms use: with line breaks, with `\\n` or `\\r\\n` in their
/// place, in quotes, or as base64 of the whole text, with or without line breaks and padding. Any other text is
/// returned unchanged.
pub fn unwrap(text: &str) -> String {
    let text = strip_quotes(text.trim());
    if text.contains("-----BEGIN") {
        return with_line_breaks(text);
    }
    let text = with_line_breaks(text);
    let letters: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let decoded = BASE64.decode(letters).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.map_or(text, |pem| with_line_breaks(pem.trim()))
}

fn strip_quotes(text: &str) -> &str {
    let inside = |quote| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(text).trim()
}

/// Environment files cannot contain line breaks.
fn with_line_breaks(text: &str) -> String {
    text.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\\r", "\n").replace("\r\n", "\n")
}

/// Reads a key of at least 2048 bits from PEM, PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
pub fn parse(text: &str) -> Result<KeyPair, KeyError> {
    let pem = pem::parse(text).map_err(|_| KeyError::NotPem)?;
    let key = match pem.tag() {
        "PRIVATE KEY" => KeyPair::from_pkcs8(pem.contents())?,
        "RSA PRIVATE KEY" => KeyPair::from_der(pem.contents())?,
        _ => return Err(KeyError::WrongKind),
    };
    if key.public_modulus_len() < MIN_MODULUS_BYTES {
        return Err(KeyError::TooShort);
    }
    Ok(key)
}

/// Reads one or more public keys of at least 2048 bits from PEM blocks. Of a private key, it takes the public part.
pub fn parse_many(text: &str) -> anyhow::Result<Vec<PublicKey>> {
    let blocks = pem::parse_many(text)?;
    anyhow::ensure!(!blocks.is_empty(), KeyError::NotPem);
    let key = |block: &Pem| {
        let text = pem::encode(block);
        if block.tag().ends_with("PUBLIC KEY") {
            PublicKey::from_pem(&text)
        } else {
            PublicKey::of_pair(&parse(&text)?)
        }
    };
    blocks.iter().map(key).collect()
}

/// Generates a 2048-bit key as PKCS#8 PEM.
pub fn generate() -> Result<String, Unspecified> {
    let key = KeyPair::generate(KeySize::Rsa2048)?;
    let der: Pkcs8V1Der<'_> = key.as_der()?;
    Ok(pem::encode(&Pem::new("PRIVATE KEY", der.as_ref())))
}
