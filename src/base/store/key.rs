//! Which keys there are: none that a path or a URL could read another way.

use object_store::path::Path;

use super::StoreError;

/// File systems take at least 255 bytes, and staging adds a few.
const MAX_LENGTH: usize = 200;

/// The place of a key, relative to the store.
pub(super) fn path(key: &str) -> Result<Path, StoreError> {
    let valid = key.len() <= MAX_LENGTH && key.split('/').all(is_part);
    let path = valid.then(|| Path::parse(key).ok()).flatten();
    path.ok_or(StoreError::Key)
}

fn is_part(part: &str) -> bool {
    let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    part.bytes().next().is_some_and(name) && part.bytes().all(|byte| name(byte) || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_something_inside_the_store() {
        for key in ["a", "0.jpg", "large/x-_9.png", "a/b/c", "a..b", &"k".repeat(200)] {
            assert_eq!(path(key).expect(key).as_ref(), key);
        }
    }

    #[test]
    fn nothing_else_is_a_key() {
        let outside =
            ["/a", "..", "../a", "a/..", "a/../b", ".", "./a", "%2e%2e/a", "..%2Fa", "a%2fb", "\\a", "a\\..\\b"];
        let unusual = ["", "/", "a/", "a//b", ".a", "a/.b", "a#1", "a?b", "a b", "a\0", "a\n", "C:a", "ä", "~a"];
        for key in outside.into_iter().chain(unusual).chain([&*"k".repeat(201)]) {
            assert_eq!(path(key), Err(StoreError::Key), "{key}");
        }
    }
}
