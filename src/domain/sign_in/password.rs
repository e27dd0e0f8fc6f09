//! A password as it was typed, and in the form that is validated and hashed.

use std::fmt;

use unicode_normalization::{UnicodeNormalization as _, is_nfkc};
use zeroize::Zeroizing;

use crate::model::password;

/// A password, normalized (NFKC, NIST SP 800-63B-4 section 3.1.1.2), since keyboards encode the same letters in
/// different ways. All rules apply to this form, including the limit of 72 bytes.
pub struct Password {
    normalized: Zeroizing<String>,
    /// The input as typed, if it differs.
    typed: Option<Zeroizing<String>>,
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

impl Password {
    /// Parses the password of a new account.
    ///
    /// # Errors
    /// The message to show.
    pub fn parse_new(typed: String) -> Result<Self, &'static str> {
        let password = Self::new(typed);
        password::check_new(password.normalized()).map(|()| password)
    }

    /// Parses the password of a sign-in: any input that is not empty.
    ///
    /// # Errors
    /// The message to show.
    pub fn parse_typed(typed: String) -> Result<Self, &'static str> {
        password::check_typed(&typed).map(|()| Self::new(typed))
    }

    fn new(typed: String) -> Self {
        if is_nfkc(&typed) {
            return Self { normalized: typed.into(), typed: None };
        }
        Self { normalized: typed.nfkc().collect::<String>().into(), typed: Some(typed.into()) }
    }

    /// The form that is validated and hashed.
    #[must_use]
    pub fn normalized(&self) -> &str {
        &self.normalized
    }

    /// The forms that a stored hash may be based on, the current one first. Hashes from before passwords were
    /// normalized are based on the typed form.
    pub fn forms(&self) -> impl Iterator<Item = &str> {
        [Some(&self.normalized), self.typed.as_ref()].into_iter().flatten().map(|form| form.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_encodings_of_the_same_letters_are_the_same_password() {
        for typed in ["Ame\u{301}lie\u{2126}", "Am\u{e9}lie\u{3a9}", "\u{ff21}m\u{e9}lie\u{3a9}"] {
            assert_eq!(Password::new(typed.to_owned()).normalized(), "Am\u{e9}lie\u{3a9}");
        }
    }

    #[test]
    fn the_typed_form_is_tried_only_if_it_differs() {
        assert_eq!(Password::new("plain".to_owned()).forms().collect::<Vec<_>>(), ["plain"]);
        assert_eq!(Password::new("e\u{301}".to_owned()).forms().collect::<Vec<_>>(), ["\u{e9}", "e\u{301}"]);
    }
}
