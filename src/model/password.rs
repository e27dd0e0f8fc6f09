//! The rules for passwords.

use crate::text::fields;

/// bcrypt reads no further. It would truncate a longer password silently.
pub const MAX_BYTES: usize = 72;
pub const MIN_CHARS: usize = 8;

/// Checks a password for a new account: 8 characters to 72 bytes (OWASP Password Storage, bcrypt).
///
/// # Errors
/// The message to show.
pub fn check_new(value: &str) -> Result<(), &'static str> {
    if value.chars().count() < MIN_CHARS {
        Err(fields::password_short())
    } else if value.len() > MAX_BYTES {
        Err(fields::password_long())
    } else if value.contains('\0') {
        Err(fields::password_character())
    } else {
        Ok(())
    }
}

/// Checks a password at sign-in: any input that is not empty.
///
/// # Errors
/// The message to show.
pub fn check_typed(value: &str) -> Result<(), &'static str> {
    if value.is_empty() { Err(fields::password_missing()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_length_is_in_characters_and_the_maximum_in_bytes() {
        assert!(check_new("1234567").is_err());
        assert!(check_new("ääääääää").is_ok());
        assert!(check_new(&"x".repeat(72)).is_ok());
        assert!(check_new(&"x".repeat(73)).is_err());
        assert!(check_new(&"ä".repeat(37)).is_err());
        assert!(check_new("12345678\0").is_err());
    }
}
