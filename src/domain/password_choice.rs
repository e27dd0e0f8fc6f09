//! Which passwords are too easy to guess (OWASP Authentication, NIST SP 800-63B section 3.1.1.2):
//! common ones, and those made of the person's own name or address. Offline, so that no password
//! leaves the service.

use zxcvbn::zxcvbn;

use crate::rest::error::{ApiError, ErrorCode};

/// Longer passwords are not estimated, in characters: none of them is common, and a text made to be hard
/// on the estimate costs it 60 ms at this length and ever more beyond.
const LENGTH_MAX: usize = 32;
/// Passwords that an attacker tries first.
const FIRST_GUESSES: u64 = 10_000;
/// The first part of an address counts as a name from so many characters on.
const NAME_MIN: usize = 5;

/// Refuses a password for a new account that is too easy to guess.
///
/// # Errors
/// `VALIDATION_FAILED` with the reason.
pub async fn check(password: &str, email: &str, username: &str) -> Result<(), ApiError> {
    let [password, email, username] = [password, email, username].map(ToOwned::to_owned);
    tokio::task::spawn_blocking(move || judge(&password, &email, &username)).await.map_err(|error| {
        tracing::error!(%error, "judging a password");
        ApiError::from(ErrorCode::Internal)
    })?
}

fn judge(password: &str, email: &str, username: &str) -> Result<(), ApiError> {
    let (password, email, username) = (password.to_lowercase(), email.to_lowercase(), username.to_lowercase());
    let name = email.split('@').next().filter(|name| name.len() >= NAME_MIN);
    let refused = if password.contains(&username) {
        "Choose a password that does not contain your username"
    } else if password.contains(&email) || name.is_some_and(|name| password.contains(name)) {
        "Choose a password that does not contain your email address"
    } else if is_common(&password) {
        "This password is too common: it would be guessed at once"
    } else {
        return Ok(());
    };
    Err(ApiError::field("password", refused))
}

fn is_common(password: &str) -> bool {
    password.chars().count() <= LENGTH_MAX && zxcvbn(password, &[]).guesses() < FIRST_GUESSES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(password: &str) -> Option<String> {
        let error = judge(password, "ann.smith@example.org", "Wonder.Ann").err()?;
        Some(error.fields["password"].concat())
    }

    #[test]
    fn common_passwords_are_refused() {
        for password in
            ["password", "12345678", "Password1", "iloveyou", "qwertyuiop", "P@ssw0rd", "password123", "aaaaaaaaaaaa"]
        {
            assert!(reason(password).is_some_and(|reason| reason.contains("too common")), "{password}");
        }
    }

    #[test]
    fn passwords_of_the_name_or_address_are_refused() {
        assert!(reason("my wonder.ann 1").is_some_and(|reason| reason.contains("username")));
        assert!(reason("Ann.Smith@example.org!").is_some_and(|reason| reason.contains("email")));
        assert!(reason("xxANN.SMITHxx").is_some_and(|reason| reason.contains("email")));
    }

    #[test]
    fn others_are_not() {
        for password in [
            "correct horse battery",
            "Sup3rSecret!",
            "Secur3P@ss!",
            "SecurePass123!",
            "hunter2hunter2",
            "S3cure!pw",
            "ääääöööö",
        ] {
            assert_eq!(reason(password), None, "{password}");
        }
    }
}
