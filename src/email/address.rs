//! Email addresses in the form that mail requires.

use crate::model::email::needs_quotes;

/// Returns the address, with its local part quoted if RFC 5321, section 4.1.2, requires it. Browsers accept `a..b@c.de`
/// and `a.@c.de`, and such mailboxes exist, but a mail has to write `"a..b"@c.de`.
pub fn quoted(email: &str) -> String {
    match email.rsplit_once('@') {
        Some((local, domain)) if needs_quotes(local) => format!("\"{local}\"@{domain}"),
        _ => email.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_misplaced_dots_are_quoted() {
        for plain in ["ann@example.org", "a.b.c@example.org", "a+b!c@example.org"] {
            assert_eq!(quoted(plain), plain);
        }
        assert_eq!(quoted("a..b@docomo.example"), "\"a..b\"@docomo.example");
        assert_eq!(quoted(".a@b.de"), "\".a\"@b.de");
        assert_eq!(quoted("xyz.@b.de"), "\"xyz.\"@b.de");
    }
}
