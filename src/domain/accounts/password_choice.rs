//! Which passwords are too easy to guess (OWASP Authentication, NIST SP 800-63B section 3.1.1.2):
//! common ones, and those made of the user's own name or address. Offline, so that no password leaves the
//! service, and on a thread of low priority, since the estimate computes for long.

use std::cmp::Reverse;
use std::io;
use std::sync::Arc;

use zxcvbn::zxcvbn;

use crate::base::low_priority::Worker;
use crate::domain::sign_in::password::Password;
use crate::model::email::Email;
use crate::model::error::ApiError;
use crate::model::username::Username;
use crate::text::fields;

/// Characters that are estimated at once: a text made to be hard on the estimate costs it 60 ms at this
/// length and ever more beyond.
const PART: usize = 32;
/// Passwords that an attacker tries first.
const FIRST_GUESSES: u64 = 10_000;
/// The first part of an address counts as a name from so many characters on.
const NAME_MIN: usize = 5;
/// Passwords that may wait to be judged. The last one waits for seconds, in the worst case.
const QUEUE: usize = 128;

/// The one place where new passwords are judged.
#[derive(Clone)]
pub struct PasswordChoice(Arc<Worker>);

impl PasswordChoice {
    /// Starts its thread, which ends with the last clone.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(Worker::start("kith-judge", QUEUE)?)))
    }

    /// Rejects a password for a new account that is too easy to guess.
    ///
    /// # Errors
    /// `VALIDATION_FAILED` with the reason; `OVERLOADED` when too many are waiting.
    pub async fn check(&self, password: &Password, email: &Email, username: &Username) -> Result<(), ApiError> {
        let [password, email, username] =
            [password.normalized(), email.as_str(), username.as_str()].map(str::to_lowercase);
        self.0.run(move || judge(&password, &email, &username)).await?
    }
}

/// All three in lower case.
fn judge(password: &str, email: &str, username: &str) -> Result<(), ApiError> {
    let name = email.split('@').next().filter(|name| name.len() >= NAME_MIN);
    let refused = if password.contains(username) {
        fields::PASSWORD_HAS_USERNAME
    } else if password.contains(email) || name.is_some_and(|name| password.contains(name)) {
        fields::PASSWORD_HAS_EMAIL
    } else if is_common(password) {
        fields::PASSWORD_COMMON
    } else {
        return Ok(());
    };
    Err(ApiError::field("password", refused))
}

/// A long password is judged without its repetitions, which make nothing hard to guess, and part by part,
/// which bounds the work: one part that is hard to guess makes the whole so.
fn is_common(password: &str) -> bool {
    let mut letters: Vec<char> = password.chars().collect();
    if letters.len() > PART {
        letters = without_repetitions(&letters);
    }
    letters.chunks(PART).all(|part| zxcvbn(&String::from_iter(part), &[]).guesses() < FIRST_GUESSES)
}

/// Of each run that repeats a unit, the unit alone.
fn without_repetitions(mut letters: &[char]) -> Vec<char> {
    let mut kept = Vec::new();
    while !letters.is_empty() {
        let run =
            |unit: usize| unit + letters.iter().zip(&letters[unit..]).take_while(|(one, next)| one == next).count();
        let runs = (1..=letters.len() / 2).map(|unit| (run(unit), unit)).filter(|(run, unit)| *run >= 2 * unit);
        // The longest; of equally long ones, that of the smallest unit.
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
        let error = judge(&password.to_lowercase(), "ann.smith@example.org", "wonder.ann").err()?;
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
    fn repeating_a_common_password_makes_it_no_better() {
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
