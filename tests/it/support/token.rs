//! Access tokens: reading their claims, and tokens that lack some.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, decode_header, encode};
use serde_json::Value;

use super::app::KEY;

/// The claims, unverified.
#[track_caller]
pub fn claims(token: &str) -> Value {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("three parts")).expect("base64");
    serde_json::from_slice(&claims).expect("JSON")
}

/// The `sid` claim.
#[track_caller]
pub fn sid(token: &str) -> String {
    claims(token)["sid"].as_str().expect("a session").to_owned()
}

/// The same token without some of its claims, such as an earlier version issued it.
#[track_caller]
pub fn without(token: &str, names: &[&str]) -> String {
    let mut claims = claims(token);
    for name in names {
        claims.as_object_mut().expect("an object").remove(*name).unwrap_or_else(|| panic!("no claim {name}"));
    }
    let key = EncodingKey::from_rsa_pem(KEY.as_bytes()).expect("a key");
    encode(&decode_header(token).expect("a header"), &claims, &key).expect("a token")
}
