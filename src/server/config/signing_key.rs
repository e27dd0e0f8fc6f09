//! The RSA keys of access tokens in PEM: the private one that signs, and others that are accepted.

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

/// Some tools leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a key cannot be used. Says nothing about the key's content.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("not PEM")]
    NotPem,
    #[error("PEM of something other than an RSA private key")]
    WrongKind,
    #[error("not a usable RSA key: {0}")]
    Rejected(#[from] KeyRejected),
    #[error("shorter than 2048 bits")]
    TooShort,
}

/// The PEM in a variable, however a platform carries it: with line ends, with `\\n` or `\\r\\n` in their
/// place, in quotes, or as base64 of the whole text, in lines or not, padded or not. What is none of these
/// is returned as it is.
pub fn unwrap(text: &str) -> String {
    let text = without_quotes(text.trim());
    if text.contains("-----BEGIN") {
        return with_line_ends(text);
    }
    let text = with_line_ends(text);
    let letters: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let decoded = BASE64.decode(letters).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.map_or(text, |pem| with_line_ends(pem.trim()))
}

fn without_quotes(text: &str) -> &str {
    let inside = |quote| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(text).trim()
}

/// Environment files cannot hold line ends.
fn with_line_ends(text: &str) -> String {
    text.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\\r", "\n").replace("\r\n", "\n")
}

/// Reads a key from PEM, PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
///
/// # Errors
/// When it is not such a key, or shorter than 2048 bits.
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

/// Reads further keys, whose tokens are accepted too: any number of PEM blocks, public keys or the
/// private keys of which they are part.
///
/// # Errors
/// When a block is no such key, or there is none.
pub fn parse_others(text: &str) -> anyhow::Result<Vec<PublicKey>> {
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

/// A new key of 2048 bits as PKCS#8 PEM.
///
/// # Errors
/// When the machine cannot make one.
pub fn generate() -> Result<String, Unspecified> {
    let key = KeyPair::generate(KeySize::Rsa2048)?;
    let der: Pkcs8V1Der<'_> = key.as_der()?;
    Ok(pem::encode(&Pem::new("PRIVATE KEY", der.as_ref())))
}
