//! The wire format of profiles, and their rules.

use serde::{Deserialize, Serialize};

use super::id::UserId;
use super::timestamp::Timestamp;

use crate::text::fields;

/// Characters, as `VARCHAR(100)` counts them (USER-INFRA-003.2).
pub const DISPLAY_NAME_MAX: usize = 100;
pub const BIO_MAX: usize = 300;

/// The largest accepted picture, in bytes (USER-STORY-003-S4).
pub const AVATAR_MAX_BYTES: usize = 2 * 1024 * 1024;
/// The form field of an uploaded picture.
pub const AVATAR_FIELD: &str = "avatar";

/// The path of our own pictures.
pub const AVATAR_PATH: &str = "/avatars/";

/// The public fields of a user, which other services get when they resolve ids (USER-BE-003.1-S2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicUser {
    pub id: UserId,
    pub username: String,
    pub display_name: Option<String>,
    pub avatar_url: Option<String>,
}

impl PublicUser {
    /// The display name, or the username if there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.username)
    }
}

impl From<Profile> for PublicUser {
    fn from(Profile { id, username, display_name, avatar_url, .. }: Profile) -> Self {
        Self { id, username, display_name, avatar_url }
    }
}

/// Several users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Users {
    pub items: Vec<PublicUser>,
}

/// A profile as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub id: UserId,
    pub username: String,
    pub display_name: Option<String>,
    pub bio: Option<String>,
    pub avatar_url: Option<String>,
    pub created_at: Timestamp,
    pub follower_count: i64,
    pub followee_count: i64,
}

impl Profile {
    /// The display name, or the username if there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.username)
    }
}

/// The URL of one of our pictures at 128 pixels.
#[must_use]
pub fn small_picture(url: &str) -> String {
    url.replace("/512.", "/128.")
}

/// Puts a display name on one line: line breaks and tabs become spaces, and surrounding white space is trimmed.
#[must_use]
pub fn tidy_line(text: &str) -> String {
    tidy(text, ' ')
}

/// Normalizes a bio: every line break becomes `\n`, a tab becomes a space, and surrounding white space is trimmed.
#[must_use]
pub fn tidy_text(text: &str) -> String {
    tidy(text, '\n')
}

/// Normalizes white space for storage. Line breaks are those of Unicode (UAX #14: BK, CR, LF, NL).
fn tidy(text: &str, line_end: char) -> String {
    let normalize = |char| match char {
        '\t' => ' ',
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => line_end,
        char => char,
    };
    text.replace("\r\n", "\n").trim().chars().map(normalize).collect()
}

/// Checks a display name: at most 100 characters.
///
/// # Errors
/// The message to show.
pub fn display_name(value: &str) -> Result<(), &'static str> {
    let value = tidy_line(value);
    if value.chars().count() > DISPLAY_NAME_MAX {
        Err(fields::display_name_long())
    } else if value.chars().any(is_forbidden) {
        Err(fields::character())
    } else {
        Ok(())
    }
}

/// Checks a bio: at most 300 characters, including line breaks.
///
/// # Errors
/// The message to show.
pub fn bio(value: &str) -> Result<(), &'static str> {
    let value = tidy_text(value);
    if value.chars().count() > BIO_MAX {
        Err(fields::bio_long())
    } else if value.chars().any(|char| char != '\n' && is_forbidden(char)) {
        Err(fields::character())
    } else {
        Ok(())
    }
}

/// Control characters, and those that change the direction of the surrounding text (Trojan Source).
#[must_use]
pub fn is_forbidden(char: char) -> bool {
    char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(display_name(&"ä".repeat(100)).is_ok());
        assert!(display_name(&"ä".repeat(101)).is_err());
        assert!(display_name(&format!("  {}  ", "ä".repeat(100))).is_ok());
        assert!(bio(&"😀".repeat(300)).is_ok());
        assert!(bio(&"😀".repeat(301)).is_err());
        // A form sends two bytes per line break, which count as one character.
        assert!(bio(&"a\r\n".repeat(150)).is_ok());
    }

    #[test]
    fn deceptive_characters_are_rejected() {
        for bad in ["a\u{202e}b", "a\u{2066}b", "a\0b", "a\u{1b}[31m"] {
            assert!(display_name(bad).is_err(), "{bad:?}");
            assert!(bio(bad).is_err(), "{bad:?}");
        }
        // Right-to-left scripts need none of them.
        assert!(display_name("שלום").is_ok());
    }

    #[test]
    fn every_kind_of_white_space_is_normalized() {
        let breaks = ["\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"];
        for text in breaks.map(|end| format!("\t{end}a{end}b\tc{end}")) {
            assert_eq!((tidy_line(&text).as_str(), tidy_text(&text).as_str()), ("a b c", "a\nb c"), "{text:?}");
            assert_eq!((display_name(&text), bio(&text)), (Ok(()), Ok(())), "{text:?}");
        }
        assert_eq!(tidy_text("a\n\r\n\r\nb"), "a\n\n\nb");
    }
}
