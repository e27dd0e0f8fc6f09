//! Validates keys: no path or URL may interpret one differently.

use object_store::path::Path;

use super::StoreError;

/// File systems allow at least 255 bytes, and staging adds a few.
const MAX_LENGTH: usize = 200;

/// The path of a key, relative to the store.
pub(super) fn path(key: &str) -> Result<Path, StoreError> {
    let valid = key.len() <= MAX_LENGTH && key.split('/').all(is_part);
    let path = valid.then(|| Path::parse(key).ok()).flatten();
    path.ok_or(StoreError::InvalidKey)
}

fn is_part(part: &str) -> bool {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    part.bytes().next().is_some_and(is_name) && part.bytes().all(|byte| is_name(byte) || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_keys_are_paths_inside_the_store() {
        for key in ["a", "0.jpg", "large/x-_9.png", "a/b/c", "a..b", &"k".repeat(200)] {
            assert_eq!(path(key).expect(key).as_ref(), key);
        }
    }

    #[test]
    fn all_other_keys_are_rejected() {
        let outside =
            ["/a", "..", "../a", "a/..", "a/../b", ".", "./a", "%2e%2e/a", "..%2Fa", "a%2fb", "\\a", "a\\..\\b"];
        let unusual = ["", "/", "a/", "a//b", ".a", "a/.b", "a#1", "a?b", "a b", "a\0", "a\n", "C:a", "ä", "~a"];
        for key in outside.into_iter().chain(unusual).chain([&*"k".repeat(201)]) {
            assert_eq!(path(key), Err(StoreError::InvalidKey), "{key}");
        }
    }
}
