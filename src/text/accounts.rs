//! Text of the pages for registration and email verification.

pub const REGISTER_DESCRIPTION: &str =
    "Create your Kith account. It takes a minute: an email address, a username and a password.";
pub const REGISTER: &str = "Create your account";
pub const REGISTER_LEAD: &str = "It takes a minute. We’ll send you an email to verify your address.";
pub const USERNAME_HINT: &str = "3 to 30 letters, digits, “_” or “.”";
pub const PASSWORD_HINT: &str = "At least 8 characters. A few words make a good one.";
pub const CREATE: &str = "Create account";
pub const CREATING: &str = "Creating account…";
pub const HAS_ACCOUNT: &str = "Already on Kith? ";
pub const CHECK_INBOX: &str = "Check your inbox";
pub const LINK_SENT_TO: &str = "We sent a link to ";
pub const LINK_SENT_END: &str = ". Open it to verify your address, then sign in.";
pub const IS_VERIFIED: &str = "Already verified? ";
pub const NEW_LINK: &str = "Send a new link";
pub const RESENT: &str = "If that address still needs to be verified, a link is on its way";
pub const RESENT_WAIT: &str = "Wait a few minutes before you ask again. Only the newest link works.";
pub const VERIFY_DESCRIPTION: &str = "Verify your email address to finish creating your Kith account.";
pub const VERIFY: &str = "Verify your email";
pub const VERIFY_LEAD: &str = "One click, and your account is ready.";
pub const VERIFY_BUTTON: &str = "Verify my email";
pub const VERIFYING: &str = "Verifying…";
pub const REJECT: &str = "I didn't create this account";
pub const DELETING: &str = "Deleting…";
pub const VERIFIED: &str = "Your email is verified";
pub const VERIFIED_NEXT: &str = "Welcome to Kith. You can sign in now.";
pub const REJECTED: &str = "The account was deleted";
pub const REJECTED_NEXT: &str = "Your email address and the username are available again.";
pub const LINK_BROKEN: &str = "This link no longer works";
pub const LINK_BROKEN_WHY: &str =
    "It has expired, or a newer one was sent. Tell us your address and we’ll send you a new link.";

/// Warns the owner of an address before they verify an account that someone else may have created.
#[must_use]
pub fn waiting_account(username: &str) -> String {
    let meaning = " was created with this email address. Once you verify, the person who set its password can sign in. \
                   Continue only if that’s you.";
    ["The account @", username, meaning].concat()
}
