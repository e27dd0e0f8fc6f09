//! What is wrong with a field, and what to do about it.

pub const EMAIL: &str = "Enter a valid email address";
pub const EMAIL_MISSING: &str = "Enter your email address";
pub const USERNAME_MISSING: &str = "Choose a username";
pub const USERNAME_LETTERS: &str = "Use letters, digits, _ and . only";
pub const USERNAME_LENGTH: &str = "Use 3 to 30 characters";
pub const USERNAME_DOTS: &str = "A dot can stand only between other characters";
pub const USERNAME_RESERVED: &str = "This username is reserved";
pub const PASSWORD_MISSING: &str = "Enter your password";
pub const PASSWORD_SHORT: &str = "Use at least 8 characters";
pub const PASSWORD_LONG: &str = "This password is too long: use at most 72 bytes";
pub const PASSWORD_CHARACTER: &str = "This password contains a character that cannot be used";
