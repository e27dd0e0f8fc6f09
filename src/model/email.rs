//! Email addresses: their rules, and the form in which they are compared.

use std::fmt;

use super::folding::fold;
use crate::text::fields;

/// The longest deliverable address (RFC 5321, section 4.5.3.1.3, without the brackets).
const MAX: usize = 254;
/// RFC 5321, section 4.5.3.1.1, including quotes.
const LOCAL_PART_MAX: usize = 64;

/// A deliverable address, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
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

/// An address as typed at sign-in. It need not be valid there: only the account decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedEmail(String);

impl TypedEmail {
    /// Parses the input without surrounding white space.
    ///
    /// # Errors
    /// The message to show.
    pub fn parse(typed: &str) -> Result<Self, &'static str> {
        let typed = typed.trim();
        check_typed(typed).map(|()| Self(typed.to_owned()))
    }

    /// The address, if it is valid. An invalid one has no account.
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

/// Returns whether RFC 5321 requires quotes around this local part, because of misplaced dots.
#[must_use]
pub fn needs_quotes(local: &str) -> bool {
    local.starts_with('.') || local.ends_with('.') || local.contains("..")
}

/// Checks an address against the HTML standard's rule for `type=email`, with a dot in the domain. Addresses that a
/// browser accepts are accepted if mail can be delivered to them.
///
/// # Errors
/// The message to show.
pub fn check(value: &str) -> Result<(), &'static str> {
    let (local, domain) = value.rsplit_once('@').ok_or(fields::email())?;
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
    if local_ok && domain_ok && value.len() <= MAX { Ok(()) } else { Err(fields::email()) }
}

/// Checks an address at sign-in, where it need not be valid: only the account decides.
///
/// # Errors
/// The message to show.
pub fn check_typed(value: &str) -> Result<(), &'static str> {
    if value.is_empty() {
        Err(fields::email_missing())
    } else if value.chars().any(char::is_control) {
        Err(fields::email())
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
    fn invalid_addresses_are_rejected() {
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
            assert_eq!(check(bad), Err(fields::email()), "{bad:?}");
        }
    }

    #[test]
    fn an_address_keeps_its_case_and_is_compared_without_it() {
        let email = Email::parse(" Ann@Example.ORG\n").unwrap();
        assert_eq!((email.as_str(), email.folded().as_str()), ("Ann@Example.ORG", "ann@example.org"));
        let typed = TypedEmail::parse(" ANN ").unwrap();
        assert_eq!((typed.address(), typed.folded().as_str()), (None, "ann"));
    }
}
