//! Remembers which access tokens were verified, because checking a signature costs as much as the rest of a read.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use quick_cache::sync::Cache;

use super::access_token::Principal;

/// Tokens that are remembered, those used most. With the longest email addresses, they take about 8 MB.
const CAPACITY: usize = 16_384;

/// What a token with a valid signature says.
#[derive(Clone)]
pub struct Verified {
    /// In seconds since 1970. Checked at every use.
    pub expires_at: i64,
    pub principal: Arc<Principal>,
}

/// Verified tokens by their SHA-256, so that memory does not contain the tokens. Others are not remembered: only those
/// who have valid tokens can fill it.
pub struct VerifiedTokens(Cache<[u8; 32], Verified>);

impl VerifiedTokens {
    pub fn new() -> Self {
        Self(Cache::new(CAPACITY))
    }

    /// Returns what `token` says, from `verify` if it is not remembered.
    pub fn find_or_verify(&self, token: &str, verify: impl FnOnce() -> Option<Verified>) -> Option<Verified> {
        let mut key = [0; 32];
        key.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        if let Some(verified) = self.0.get(&key) {
            return Some(verified);
        }
        let verified = verify()?;
        self.0.insert(key, verified.clone());
        Some(verified)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str) -> Verified {
        Verified { expires_at: 0, principal: Arc::new(Principal::Service { service: name.to_owned() }) }
    }

    #[test]
    fn a_token_is_verified_once_and_an_invalid_one_each_time() {
        let tokens = VerifiedTokens::new();
        assert!(tokens.find_or_verify("token", || None).is_none());
        assert!(tokens.find_or_verify("token", || Some(service("posts"))).is_some());
        let found = tokens.find_or_verify("token", || None).map(|verified| verified.principal);
        assert_eq!(found, Some(service("posts").principal));
        assert!(tokens.find_or_verify("token ", || None).is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let tokens = VerifiedTokens::new();
        for number in 0..2 * CAPACITY {
            tokens.find_or_verify(&number.to_string(), || Some(service("posts")));
        }
        assert!(tokens.0.len() <= CAPACITY);
    }
}
