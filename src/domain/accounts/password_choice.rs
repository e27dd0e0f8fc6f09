//! Rejects passwords that are too easy to guess (OWASP Authentication, NIST SP 800-63B section 3.1.1.2): common ones,
//! and those that contain the user's own name or address. The check is offline, so that no password leaves the service.
//! It runs on a low-priority thread, because the estimate is slow.

use std::cmp::Reverse;
use std::io;
use std::sync::Arc;

use zxcvbn::zxcvbn;

use crate::base::low_priority::Worker;
use crate::domain::sign_in::password::Password;
use crate::model::error::ApiError;
use crate::text::error_responses;

/// Characters estimated at once. A text crafted to slow down the estimate takes 60 ms at this length, and increasingly
/// longer beyond it.
const PART: usize = 32;
/// The number of passwords that an attacker tries first.
const FIRST_GUESSES: u64 = 10_000;
/// The shortest local part of an address that counts as a name, in bytes.
const NAME_MIN: usize = 5;
/// Passwords that may wait to be checked. In the worst case, the last one waits for seconds.
const QUEUE: usize = 128;

/// The one place where new passwords are checked.
#[derive(Clone)]
pub struct PasswordChoice(Arc<Worker>);

impl PasswordChoice {
    /// Starts the thread, which exits when the last clone is dropped.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(Worker::start("kith-pw-check", QUEUE)?)))
    }

    /// Rejects a new password for the account with this address and username if it is too easy to guess.
    ///
    /// # Errors
    /// `VALIDATION_FAILED` with the reason; `OVERLOADED` if too many are waiting.
    pub async fn check(&self, password: &Password, email: &str, username: &str) -> Result<(), ApiError> {
        let [password, email, username] = [password.normalized(), email, username].map(str::to_lowercase);
        self.0.run(move || check(&password, &email, &username)).await?
    }
}

/// Expects all arguments in lower case.
fn check(password: &str, email: &str, username: &str) -> Result<(), ApiError> {
    let name = email.split('@').next().filter(|name| name.len() >= NAME_MIN);
    let reason = if password.contains(username) {
        error_responses::password_has_username()
    } else if password.contains(email) || name.is_some_and(|name| password.contains(name)) {
        error_responses::password_has_email()
    } else if is_common(password) {
        error_responses::password_common()
    } else {
        return Ok(());
    };
    Err(ApiError::field("password", reason))
}

/// A long password is checked without its repetitions, which do not make it harder to guess, and in parts, which limits
/// the work. One part that is hard to guess makes the whole password hard to guess.
fn is_common(password: &str) -> bool {
    let mut letters: Vec<char> = password.chars().collect();
    if letters.len() > PART {
        letters = without_repetitions(&letters);
    }
    letters.chunks(PART).all(|part| zxcvbn(&String::from_iter(part), &[]).guesses() < FIRST_GUESSES)
}

/// Reduces each run of a repeated unit to a single unit.
fn without_repetitions(mut letters: &[char]) -> Vec<char> {
    let mut kept = Vec::new();
    while !letters.is_empty() {
        let run =
            |unit: usize| unit + letters.iter().zip(&letters[unit..]).take_while(|(one, next)| one == next).count();
        let runs = (1..=letters.len() / 2).map(|unit| (run(unit), unit)).filter(|(run, unit)| *run >= 2 * unit);
        // The longest run, and among equally long ones the one with the smallest unit.
        let (run, unit) = runs.max_by_key(|(run, unit)| (*run, Reverse(*unit))).unwrap_or((1, 1));
        kept.extend(&letters[..unit]);
        letters = &letters[run..];
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(password: &str) -> Option<String> {
        let error = check(&password.to_lowercase(), "ann.smith@example.org", "wonder.ann").err()?;
        Some(error.fields["password"].concat())
    }

    #[test]
    fn common_passwords_are_rejected() {
        for password in
            ["password", "12345678", "Password1", "iloveyou", "qwertyuiop", "P@ssw0rd", "password123", "aaaaaaaaaaaa"]
        {
            assert!(reason(password).is_some_and(|reason| reason.contains("too common")), "{password}");
        }
    }

    #[test]
    fn repeating_a_common_password_does_not_make_it_acceptable() {
        for password in [
            &"a".repeat(33),
            &"a".repeat(72),
            &format!("{}1", "password".repeat(8)),
            &"1234567890".repeat(5),
            &format!("{}qwe1", "qwerty".repeat(6)),
            &"abc123".repeat(9)[..50],
        ] {
            assert!(reason(password).is_some_and(|reason| reason.contains("too common")), "{password}");
        }
        for password in
            ["it was a bright cold day in April and the clocks", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa hunter2hunter2"]
        {
            assert_eq!(reason(password), None, "{password}");
        }
    }

    #[test]
    fn passwords_that_contain_the_username_or_address_are_rejected() {
        assert!(reason("my wonder.ann 1").is_some_and(|reason| reason.contains("username")));
        assert!(reason("Ann.Smith@example.org!").is_some_and(|reason| reason.contains("email")));
        assert!(reason("xxANN.SMITHxx").is_some_and(|reason| reason.contains("email")));
    }

    #[test]
    fn other_passwords_are_accepted() {
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
