//! Restricts redirect targets to paths on this site.

/// Returns `target` if it is a path on this site. Rejects other hosts in every spelling (`//host`, `/\host`, control
/// characters that browsers drop; OWASP Unvalidated Redirects).
#[must_use]
pub fn local_path(target: &str) -> Option<&str> {
    let mut bytes = target.bytes();
    let is_rooted = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
    let is_clean = target.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    (is_rooted && is_clean && target.len() <= 2048).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_on_this_site_are_accepted() {
        for good in ["/", "/timeline", "/profile/ann?x=1#top"] {
            assert_eq!(local_path(good), Some(good));
        }
        for bad in [
            "",
            "timeline",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/a\r\nSet-Cookie: x=1",
            "/a\\b",
            "javascript:alert(1)",
        ] {
            assert_eq!(local_path(bad), None, "{bad:?}");
        }
    }
}
