//! Devices on which an account has signed in before, recognized by a cookie (OWASP device cookies).

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use time::{Duration, OffsetDateTime};

use crate::base::random;
use crate::model::error::ApiError;
use crate::model::folding::fold;

/// Days for which a device is recognized after a sign-in: as long as browsers keep a cookie (RFC 6265bis, section 5.5).
pub const DEVICE_DAYS: i64 = 400;

/// A device on which an account has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub id: String,
    /// To the second.
    pub signed_in_at: OffsetDateTime,
}

/// Issues and recognizes device cookies: a random id, and proof that we issued it for this account. A cookie grants no
/// access. It only distinguishes a known device from unknown ones.
pub struct Devices(hmac::Key);

impl Devices {
    /// Derives the key from the one that signs access tokens, so that all instances recognize the same devices.
    ///
    /// # Errors
    /// Never in practice, because the derived key has the length that HMAC-SHA256 expects.
    pub fn new(private_key: &[u8]) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let secret = Salt::new(HKDF_SHA256, b"kith").extract(private_key);
        Ok(Self(secret.expand(&[b"device cookie"], HMAC_SHA256)?.into()))
    }

    /// Issues a cookie for the device on which `email` has just signed in.
    pub fn issue(&self, email: &str) -> Result<String, ApiError> {
        self.issue_at(email, OffsetDateTime::now_utc())
    }

    fn issue_at(&self, email: &str, time: OffsetDateTime) -> Result<String, ApiError> {
        let signed = format!("{}.{}", random::encode(&random::secret()?), time.unix_timestamp());
        let proof = hmac::sign(&self.0, &message(email, &signed));
        Ok(format!("{signed}.{}", random::encode(proof.as_ref())))
    }

    /// Returns the device if `email` has signed in on it within [`DEVICE_DAYS`].
    pub fn recognize(&self, cookie: &str, email: &str) -> Option<Device> {
        let (signed, proof) = cookie.rsplit_once('.')?;
        hmac::verify(&self.0, &message(email, signed), &random::decode(proof)?).ok()?;
        let (id, issued) = signed.split_once('.')?;
        let issued = OffsetDateTime::from_unix_timestamp(issued.parse().ok()?).ok()?;
        let is_known = OffsetDateTime::now_utc() - issued < Duration::days(DEVICE_DAYS);
        is_known.then(|| Device { id: id.to_owned(), signed_in_at: issued })
    }
}

/// The signed message: the id, its time, and the account.
fn message(email: &str, signed: &str) -> Vec<u8> {
    format!("{signed}.{}", fold(email)).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_recognized_only_for_the_account_that_signed_in_on_it() {
        let devices = Devices::new(b"a private key").unwrap();
        let cookie = devices.issue("Ann@example.org").unwrap();
        let id = devices.recognize(&cookie, "ann@example.org").map(|device| device.id);
        assert_eq!(id.as_deref(), cookie.split_once('.').map(|(id, _)| id));
        assert_eq!(devices.recognize(&cookie, "ben@example.org"), None);
        assert_eq!(Devices::new(b"another").unwrap().recognize(&cookie, "ann@example.org"), None);
        let other = devices.issue("ann@example.org").unwrap();
        let mixed = format!("{}{}", &cookie[..43], &other[43..]);
        let later = cookie.replacen('.', ".1", 1);
        for forged in ["", ".", "x.y", "x.1.y", &cookie[1..], &mixed, &later] {
            assert_eq!(devices.recognize(forged, "ann@example.org"), None, "{forged}");
        }
    }

    #[test]
    fn a_device_is_forgotten_after_its_time_even_if_the_browser_keeps_the_cookie() {
        let devices = Devices::new(b"a private key").unwrap();
        let is_recognized = |age| {
            let cookie = devices.issue_at("ann@example.org", OffsetDateTime::now_utc() - age).unwrap();
            devices.recognize(&cookie, "ann@example.org").is_some()
        };
        assert!(is_recognized(Duration::days(DEVICE_DAYS) - Duration::minutes(1)));
        assert!(!is_recognized(Duration::days(DEVICE_DAYS)));
    }
}
