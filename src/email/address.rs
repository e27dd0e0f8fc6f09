//! Addresses as mail writes them.

use crate::model::email::needs_quotes;

/// The address with its local part quoted if RFC 5321, section 4.1.2, wants that: browsers accept `a..b@c.de`
/// and `a.@c.de`, and mailboxes of that kind exist, but only `"a..b"@c.de` can be written in a mail.
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
    fn only_dots_out_of_place_are_quoted() {
        for plain in ["ann@example.org", "a.b.c@example.org", "a+b!c@example.org"] {
            assert_eq!(quoted(plain), plain);
        }
        assert_eq!(quoted("a..b@docomo.example"), "\"a..b\"@docomo.example");
        assert_eq!(quoted(".a@b.de"), "\".a\"@b.de");
        assert_eq!(quoted("xyz.@b.de"), "\"xyz.\"@b.de");
    }
}
