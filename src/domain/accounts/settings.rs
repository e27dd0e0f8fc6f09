//! The time limits of account self-service.

/// Days between two changes of a username.
pub const CHANGE_DAYS: i32 = 30;
/// Days for which an old username leads to the account.
pub const REDIRECT_DAYS: i32 = 90;

/// The limits that operators choose.
#[derive(Clone, Copy, Debug)]
pub struct SelfService {
    /// Minutes for which a link that resets a password works.
    pub reset_minutes: i32,
    /// Days between the request to delete an account and its erasure.
    pub deletion_grace_days: i32,
    /// Days for which no one else can take a username that was given up. `None` means for ever.
    pub username_hold_days: Option<i32>,
}
