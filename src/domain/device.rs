//! Devices on which an account has signed in before, known by a cookie (OWASP device cookies).

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::hmac::{self, HMAC_SHA256};

use super::folding::fold;
use super::random::{self, Secret};
use crate::rest::error::ApiError;

/// Makes and recognises device cookies: a random id, and the proof that we gave it to this account.
/// They let nobody in; they only set a device apart from strangers.
pub struct Devices(hmac::Key);

impl Devices {
    /// From the key that signs access tokens, so that all instances know the same devices.
    ///
    /// # Errors
    /// Never in fact: the derived key has the length that HMAC-SHA256 wants.
    pub fn new(private_key: &[u8]) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let secret = Salt::new(HKDF_SHA256, b"kith").extract(private_key);
        Ok(Self(secret.expand(&[b"device cookie"], HMAC_SHA256)?.into()))
    }

    /// A cookie for the device that `email` has just signed in on.
    ///
    /// # Errors
    /// `INTERNAL` when the operating system gives no randomness.
    pub fn issue(&self, email: &str) -> Result<String, ApiError> {
        let id = random::secret()?;
        Ok(format!("{}.{}", random::encode(&id), random::encode(hmac::sign(&self.0, &message(email, &id)).as_ref())))
    }

    /// The id of the device, if `email` has signed in on it.
    pub fn recognise(&self, cookie: &str, email: &str) -> Option<String> {
        let (id, proof) = cookie.split_once('.')?;
        let message = message(email, &random::decode(id)?);
        hmac::verify(&self.0, &message, &random::decode(proof)?).ok()?;
        Some(id.to_owned())
    }
}

fn message(email: &str, id: &Secret) -> Vec<u8> {
    [id, fold(email).as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_known_to_the_account_that_signed_in_on_it_and_to_no_other() {
        let devices = Devices::new(b"a private key").unwrap();
        let cookie = devices.issue("Ann@example.org").unwrap();
        let id = devices.recognise(&cookie, "ann@example.org");
        assert_eq!(id.as_deref(), cookie.split_once('.').map(|(id, _)| id));
        assert_eq!(devices.recognise(&cookie, "ben@example.org"), None);
        assert_eq!(Devices::new(b"another").unwrap().recognise(&cookie, "ann@example.org"), None);
        let other = devices.issue("ann@example.org").unwrap();
        let mixed = format!("{}.{}", &cookie[..43], &other[44..]);
        for forged in ["", ".", "x.y", &cookie[1..], &mixed] {
            assert_eq!(devices.recognise(forged, "ann@example.org"), None, "{forged}");
        }
    }
}
