//! Labels and counters of form fields.

pub const EMAIL: &str = "Email";
pub const USERNAME: &str = "Username";
pub const PASSWORD: &str = "Password";
pub const SHOW: &str = "Show";
pub const HIDE: &str = "Hide";
pub const OF_PASSWORD: &str = " password";
pub const UNSAVED: &str = "Leave without saving your changes?";
pub const SENDING: &str = "Sending…";
pub const REMOVE: &str = "Remove";
pub const REMOVING: &str = "Removing…";

/// The counter below a field that holds `length` of at most `max` characters.
#[must_use]
pub fn characters(length: usize, max: usize) -> String {
    let (count, state) = if length > max { (length - max, "too many") } else { (max - length, "left") };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} character{plural} {state}")
}
