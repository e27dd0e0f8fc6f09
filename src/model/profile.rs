//! What people tell about themselves, and its rules.

use serde::{Deserialize, Serialize};

use super::id::UserId;
use super::timestamp::Timestamp;

/// Characters, as `VARCHAR(100)` counts them (USER-INFRA-003.2).
pub const DISPLAY_NAME_MAX: usize = 100;
pub const BIO_MAX: usize = 300;

/// Where our own pictures stand.
pub const AVATAR_PATH: &str = "/avatars/";

/// What everybody may know of a user, as other services resolve ids (USER-BE-003.1-S2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicUser {
    pub id: UserId,
    pub username: String,
    pub display_name: Option<String>,
    pub avatar_url: Option<String>,
}

impl PublicUser {
    /// The name to call them by: what they chose, else the username.
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
    /// The name to call them by: what they chose, else the username.
    #[must_use]
    pub fn name(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.username)
    }
}

/// The address of one of our pictures at 128 pixels.
#[must_use]
pub fn small_picture(url: &str) -> String {
    url.replace("/512.", "/128.")
}

/// A display name as it is stored: one line, without space around it.
#[must_use]
pub fn tidy_line(text: &str) -> String {
    text.trim().to_owned()
}

/// A bio as it is stored: line ends as `\n`, which browsers send as `\r\n`; no space around it.
#[must_use]
pub fn tidy_text(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

/// At most 100 characters on one line.
///
/// # Errors
/// The message to show.
pub fn display_name(value: &str) -> Result<(), &'static str> {
    let value = tidy_line(value);
    if value.chars().count() > DISPLAY_NAME_MAX {
        Err("Use at most 100 characters")
    } else if value.chars().any(is_unwanted) {
        Err("This contains a character that cannot be used")
    } else {
        Ok(())
    }
}

/// At most 300 characters; lines may end.
///
/// # Errors
/// The message to show.
pub fn bio(value: &str) -> Result<(), &'static str> {
    let value = tidy_text(value);
    if value.chars().count() > BIO_MAX {
        Err("Use at most 300 characters")
    } else if value.chars().any(|char| char != '\n' && is_unwanted(char)) {
        Err("This contains a character that cannot be used")
    } else {
        Ok(())
    }
}

/// Control characters, and those that turn the direction of the text around them (Trojan Source).
fn is_unwanted(char: char) -> bool {
    char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
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
        // A form sends two bytes for each line end; it is one character.
        assert!(bio(&"a\r\n".repeat(150)).is_ok());
    }

    #[test]
    fn characters_that_deceive_are_refused() {
        for bad in ["a\u{202e}b", "a\u{2066}b", "a\0b", "a\u{1b}[31m", "a\u{2028}b"] {
            assert!(display_name(bad).is_err(), "{bad:?}");
            assert!(bio(bad).is_err(), "{bad:?}");
        }
        assert!(display_name("two\nlines").is_err());
        assert!(bio("two\nlines").is_ok());
        // Right-to-left scripts need none of them.
        assert!(display_name("שלום").is_ok());
    }
}
