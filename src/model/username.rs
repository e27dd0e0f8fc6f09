//! Usernames and their rules.

use std::fmt;

use crate::text::fields;

/// Names that could be mistaken for the service itself, or that are routes or may become routes.
const RESERVED_USERNAMES: &str = "\
    about abuse account admin administrator api auth billing blocks blog contact dev followers \
    followees following health help home info kith livez login logout mail me metrics \
    moderator news noreply null official pkg postmaster privacy profile readyz reauthenticate \
    register root search security settings signin signup staff static status support system team terms timeline \
    undefined user users verify-email webmaster www";

/// The name of an account, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Parses the input without surrounding white space.
    ///
    /// # Errors
    /// The message to show.
    pub fn parse(typed: &str) -> Result<Self, &'static str> {
        let typed = typed.trim();
        check(typed).map(|()| Self(typed.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The reserved names.
pub fn reserved() -> impl Iterator<Item = &'static str> {
    RESERVED_USERNAMES.split(' ')
}

/// Returns whether this could be a username. If not, no lookup is needed.
#[must_use]
pub fn could_be_username(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
}

/// Checks a username: 3 to 30 ASCII letters, digits, `_` and `.`, no dot at either end or after another, not reserved.
///
/// # Errors
/// The message to show.
pub fn check(value: &str) -> Result<(), &'static str> {
    if value.is_empty() {
        Err(fields::username_missing())
    } else if !could_be_username(value) {
        Err(fields::username_letters())
    } else if !(3..=30).contains(&value.len()) {
        Err(fields::username_length())
    } else if value.starts_with('.') || value.ends_with('.') || value.contains("..") {
        Err(fields::username_dots())
    } else if reserved().any(|name| name.eq_ignore_ascii_case(value)) {
        Err(fields::username_reserved())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_short_plain_and_not_reserved() {
        for good in ["abc", "A.b_c", "x".repeat(30).as_str()] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "ab", "x".repeat(31).as_str(), "a b", "a-b-c", ".abc", "abc.", "a..b", "Admin", "me", "ärger"]
        {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}
