//! Validation messages of fields: each says what to enter.

pub const EMAIL: &str = "Enter a valid email address";
pub const EMAIL_CURRENT: &str = "This is already your address";
pub const EMAIL_MISSING: &str = "Enter your email address";
pub const USERNAME_MISSING: &str = "Choose a username";
pub const USERNAME_LETTERS: &str = "Use letters, digits, _ and . only";
pub const USERNAME_LENGTH: &str = "Use 3 to 30 characters";
pub const USERNAME_DOTS: &str = "A dot can only go between other characters";
pub const USERNAME_RESERVED: &str = "This username is reserved";
pub const PASSWORD_MISSING: &str = "Enter your password";
pub const PASSWORD_SHORT: &str = "Use at least 8 characters";
pub const PASSWORD_LONG: &str = "This password is too long: use at most 72 bytes";
pub const PASSWORD_CHARACTER: &str = "This password contains a character that isn’t allowed";
pub const PASSWORD_HAS_USERNAME: &str = "Choose a password that does not contain your username";
pub const PASSWORD_HAS_EMAIL: &str = "Choose a password that does not contain your email address";
pub const PASSWORD_COMMON: &str = "This password is too common and easy to guess";
pub const DISPLAY_NAME_LONG: &str = "Use at most 100 characters";
pub const BIO_LONG: &str = "Use at most 300 characters";
pub const CHARACTER: &str = "This contains a character that isn’t allowed";
pub const AVATAR_URL: &str = "Use an address that starts with https://";
pub const AVATAR_URL_LONG: &str = "Use at most 2048 characters";
pub const AVATAR_URL_OTHER: &str = "This is not your current picture. Upload it instead";
pub const CURSOR: &str = "This is not a cursor from an earlier page";
pub const PAGE: &str = "Page numbers start at 1";
pub const PAGE_TOO_FAR: &str = "Page numbers end after 10,000 users: use `cursor` for the rest";
pub const IDS: &str = "Expected user ids separated by commas";
pub const IDS_MANY: &str = "Request at most 100 users at once";
pub const REQUIRED: &str = "This field is required";
pub const INVALID: &str = "This value is not valid";

#[must_use]
pub fn up_to(largest: u32) -> String {
    format!("Use 1 to {largest}")
}

/// `what` is serde's description of the type, such as `a string`.
#[must_use]
pub fn expected(what: &str) -> String {
    format!("Expected {what}")
}
