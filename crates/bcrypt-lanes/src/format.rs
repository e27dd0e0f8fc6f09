//! The format of stored hashes: `$2b$12$`, 22 characters of salt, 31 of digest.

use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use base64::{DecodeSliceError, Engine as _};
use bcrypt::{BcryptError, HashParts};
use subtle::ConstantTimeEq as _;

use super::batch::{Digest, Salt};

const BASE64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);

/// The index of the first character of the digest.
const DIGEST: usize = 29;

/// A parsed hash.
#[derive(Clone, Copy)]
pub struct Stored {
    pub cost: u32,
    pub salt: Salt,
    digest: Digest,
}

/// Why a text is not a valid hash.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    #[error(transparent)]
    Parts(#[from] BcryptError),
    #[error(transparent)]
    Digest(#[from] DecodeSliceError),
}

impl Stored {
    /// The stored hash of a new password.
    pub const fn new(cost: u32, salt: Salt, digest: Digest) -> Self {
        Self { cost, salt, digest }
    }

    /// Parses a hash with any of the prefixes `$2a$`, `$2b$`, `$2x$` and `$2y$`, as the `bcrypt` crate does.
    ///
    /// # Errors
    /// If it is not such a hash, or its cost is not valid.
    pub fn parse(hash: &str) -> Result<Self, ParseError> {
        let parts: HashParts = hash.parse()?;
        let cost = check_cost(parts.get_cost())?;
        let mut digest = [0; 23];
        BASE64.decode_slice(&hash[DIGEST..], &mut digest)?;
        Ok(Self { cost, salt: parts.get_salt_raw(), digest })
    }

    /// Compares the digests in constant time.
    pub fn matches(&self, digest: &Digest) -> bool {
        self.digest.ct_eq(digest).into()
    }
}

impl std::fmt::Display for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "$2b${:02}${}{}", self.cost, BASE64.encode(self.salt), BASE64.encode(self.digest))
    }
}

/// Returns the cost if it is valid.
///
/// # Errors
/// If it is not between 4 and 31.
pub fn check_cost(cost: u32) -> Result<u32, BcryptError> {
    if (4..=31).contains(&cost) { Ok(cost) } else { Err(BcryptError::CostNotAllowed(cost)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$2b$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.";

    #[test]
    fn a_hash_survives_the_round_trip() {
        assert_eq!(Stored::parse(HASH).unwrap().to_string(), HASH);
    }

    #[test]
    fn older_prefixes_are_accepted() {
        for prefix in ["$2a$", "$2x$", "$2y$"] {
            assert_eq!(Stored::parse(&HASH.replace("$2b$", prefix)).unwrap().to_string(), HASH);
        }
    }

    #[test]
    fn invalid_hashes_are_rejected() {
        let costs = ["03", "32", "99", "-1", "ab"].map(|cost| HASH.replace("06", cost));
        let digest = HASH.replace("s.", "s!");
        for hash in
            ["", "$2b$06$", &HASH[1..], &digest, "plain text"].into_iter().chain(costs.iter().map(String::as_str))
        {
            assert!(Stored::parse(hash).is_err(), "{hash}");
        }
    }
}
