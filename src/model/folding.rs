//! The one rule by which email addresses and usernames are the same whatever their letter case: ASCII
//! letters fold, all others stay. In SQL it is `lower(… COLLATE "C")`, which the unique indexes have too; the
//! database's own locale plays no part (U+0130 is one letter there and two here).

/// The text in lower case, as the indexes have it.
#[must_use]
pub fn fold(text: &str) -> String {
    text.to_ascii_lowercase()
}
