//! Email addresses: their rule, and the form in which they are compared.

use std::fmt;

use super::folding::fold;
use crate::text::fields;

/// The longest address that mail can reach (RFC 5321, section 4.5.3.1.3, without the brackets).
const MAX: usize = 254;
/// RFC 5321, section 4.5.3.1.1, with the quotes.
const LOCAL_PART_MAX: usize = 64;

/// An address that mail can carry, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Reads what was typed; space around it does not count.
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

    /// The form in which addresses are compared.
    #[must_use]
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was typed as an address at sign-in. Whether it is one decides nothing there, only the account does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedEmail(String);

impl TypedEmail {
    /// Reads what was typed; space around it does not count.
    ///
    /// # Errors
    /// The message to show.
    pub fn parse(typed: &str) -> Result<Self, &'static str> {
        let typed = typed.trim();
        check_typed(typed).map(|()| Self(typed.to_owned()))
    }

    /// The address, if it is one. What is none has no account.
    #[must_use]
    pub fn address(&self) -> Option<Email> {
        Email::parse(&self.0).ok()
    }

    /// The form in which it is compared.
    #[must_use]
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

/// Whether mail has to put quotes around this local part, as RFC 5321 does with dots out of place.
#[must_use]
pub fn needs_quotes(local: &str) -> bool {
    local.starts_with('.') || local.ends_with('.') || local.contains("..")
}

/// An address as the HTML standard defines it for `type=email`, with a dot in the domain: what a
/// browser accepts is accepted here, if mail can carry it.
///
/// # Errors
/// The message to show.
pub fn check(value: &str) -> Result<(), &'static str> {
    let (local, domain) = value.rsplit_once('@').ok_or(fields::EMAIL)?;
    let local_ok = !local.is_empty()
        && local.len() + if needs_quotes(local) { 2 } else { 0 } <= LOCAL_PART_MAX
        && local.bytes().all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b));
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let domain_ok = domain.contains('.') && domain.split('.').all(label_ok);
    if local_ok && domain_ok && value.len() <= MAX { Ok(()) } else { Err(fields::EMAIL) }
}

/// An address at sign-in: whether it is one decides nothing there, only the account does.
///
/// # Errors
/// The message to show.
pub fn check_typed(value: &str) -> Result<(), &'static str> {
    if value.is_empty() {
        Err(fields::EMAIL_MISSING)
    } else if value.chars().any(char::is_control) {
        Err(fields::EMAIL)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_a_browser_accepts_are_accepted() {
        for good in [
            "a@b.co",
            "first.last+tag@sub.example.org",
            "o'hara@example.com",
            "x@xn--bcher-kva.example",
            "a..b.@docomo.example",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        let long_in_quotes = format!("{}.@example.com", "a".repeat(62));
        let very_long = format!("a@{}.com", vec!["a".repeat(60); 5].join("."));
        for bad in [
            "",
            "notanemail",
            "@b.co",
            "a@",
            "a@b",
            "a b@c.de",
            "a@b..co",
            "a@-b.co",
            "a@b-.co",
            "a@b.co\n",
            "a@b.co,c@d.ef",
            "a@b@",
            "jürgen@example.org",
            &long,
            &long_in_quotes,
            &very_long,
        ] {
            assert_eq!(check(bad), Err(fields::EMAIL), "{bad:?}");
        }
    }

    #[test]
    fn an_address_keeps_its_letters_and_is_compared_without_their_case() {
        let email = Email::parse(" Ann@Example.ORG\n").unwrap();
        assert_eq!((email.as_str(), email.folded().as_str()), ("Ann@Example.ORG", "ann@example.org"));
        let typed = TypedEmail::parse(" ANN ").unwrap();
        assert_eq!((typed.address(), typed.folded().as_str()), (None, "ann"));
    }
}
