//! Labels and counters of forms.

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

/// `length` characters of a field that takes `max`.
#[must_use]
pub fn characters(length: usize, max: usize) -> String {
    if length > max {
        format!("{} characters too many", length - max)
    } else {
        format!("{} characters left", max - length)
    }
}
