//! The one rule for comparing email addresses and usernames without case: ASCII letters are folded, all others stay. In
//! SQL it is `lower(… COLLATE "C")`, which the unique indexes use, too. The database's locale has no effect (its lower
//! case of U+0130 is one letter, Rust's is two).

/// Returns the text in lower case, as in the indexes.
#[must_use]
pub fn fold(text: &str) -> String {
    text.to_ascii_lowercase()
}
