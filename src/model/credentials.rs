//! The rules for email addresses, usernames and passwords.

/// The longest address that mail can reach (RFC 5321, section 4.5.3.1.3, without the brackets).
const EMAIL_MAX: usize = 254;
/// RFC 5321, section 4.5.3.1.1, with the quotes.
const LOCAL_PART_MAX: usize = 64;
/// bcrypt reads no further; a longer password would be cut without a word.
pub const PASSWORD_MAX_BYTES: usize = 72;
pub const PASSWORD_MIN_CHARS: usize = 8;

const EMAIL: &str = "Enter a valid email address";

/// Names that would pass for the service itself, or stand where a route is or may come.
const RESERVED_USERNAMES: &str = "\
    about abuse account admin administrator api auth billing blog contact dev followers \
    followees following health help home info kith livez login logout mail me metrics \
    moderator news noreply null official pkg postmaster privacy profile readyz register root \
    security settings signin signup staff static status support system team terms timeline \
    undefined user users verify-email webmaster www";

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
pub fn email(value: &str) -> Result<(), &'static str> {
    let (local, domain) = value.rsplit_once('@').ok_or(EMAIL)?;
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
    if local_ok && domain_ok && value.len() <= EMAIL_MAX { Ok(()) } else { Err(EMAIL) }
}

/// Whether usernames can look like this; others need not be looked up.
#[must_use]
pub fn could_be_username(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
}

/// 3 to 30 ASCII letters, digits, `_` and `.`, not beginning or ending with a dot, not reserved.
///
/// # Errors
/// The message to show.
pub fn username(value: &str) -> Result<(), &'static str> {
    if value.is_empty() {
        Err("Choose a username")
    } else if !could_be_username(value) {
        Err("Use letters, digits, _ and . only")
    } else if !(3..=30).contains(&value.len()) {
        Err("Use 3 to 30 characters")
    } else if value.starts_with('.') || value.ends_with('.') || value.contains("..") {
        Err("A dot can stand only between other characters")
    } else if RESERVED_USERNAMES.split(' ').any(|name| name.eq_ignore_ascii_case(value)) {
        Err("This username is reserved")
    } else {
        Ok(())
    }
}

/// A password for a new account: 8 characters to 72 bytes (OWASP Password Storage, bcrypt).
///
/// # Errors
/// The message to show.
pub fn new_password(value: &str) -> Result<(), &'static str> {
    if value.chars().count() < PASSWORD_MIN_CHARS {
        Err("Use at least 8 characters")
    } else if value.len() > PASSWORD_MAX_BYTES {
        Err("This password is too long: use at most 72 bytes")
    } else if value.contains('\0') {
        Err("This password contains a character that cannot be used")
    } else {
        Ok(())
    }
}

/// An address at sign-in: whether it is one decides nothing there, only the account does.
///
/// # Errors
/// The message to show.
pub fn typed_email(value: &str) -> Result<(), &'static str> {
    if value.is_empty() {
        Err("Enter your email address")
    } else if value.chars().any(char::is_control) {
        Err(EMAIL)
    } else {
        Ok(())
    }
}

/// A password at sign-in: any that was typed.
///
/// # Errors
/// The message to show.
pub fn password(value: &str) -> Result<(), &'static str> {
    if value.is_empty() { Err("Enter your password") } else { Ok(()) }
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
            assert_eq!(email(good), Ok(()), "{good}");
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
            assert_eq!(email(bad), Err(EMAIL), "{bad:?}");
        }
    }

    #[test]
    fn usernames_are_short_plain_and_not_reserved() {
        for good in ["abc", "A.b_c", "x".repeat(30).as_str()] {
            assert_eq!(username(good), Ok(()), "{good}");
        }
        for bad in ["", "ab", "x".repeat(31).as_str(), "a b", "a-b-c", ".abc", "abc.", "a..b", "Admin", "me", "ärger"]
        {
            assert!(username(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn passwords_are_counted_in_characters_below_and_bytes_above() {
        assert!(new_password("1234567").is_err());
        assert!(new_password("ääääääää").is_ok());
        assert!(new_password(&"x".repeat(72)).is_ok());
        assert!(new_password(&"x".repeat(73)).is_err());
        assert!(new_password(&"ä".repeat(37)).is_err());
        assert!(new_password("12345678\0").is_err());
    }
}
