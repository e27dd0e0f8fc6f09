//! Text of the pages for registration, emailed links and deleted accounts.

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
/// The token is only in the email: the page has removed it from the address bar.
pub const LINK_AGAIN: &str = "Open the link again";
pub const LINK_AGAIN_WHY: &str = "Open the link in your email again. It still works if you haven’t used it.";
pub const FORGOT_DESCRIPTION: &str = "Choose a new password for your Kith account with a link that we email you.";
pub const FORGOT: &str = "Reset your password";
pub const FORGOT_LEAD: &str = "We’ll email you a link. Open it to choose a new password.";
pub const FORGOT_BUTTON: &str = "Email me a link";
pub const FORGOT_SENT: &str = "If that address has an account, a link is on its way";
pub const FORGOT_SENT_LIMITS: &str = "We send at most three links per hour.";
pub const RESET_DESCRIPTION: &str = "Choose a new password for your Kith account.";
pub const RESET: &str = "Choose a new password";
pub const RESET_LEAD: &str = "When you save it, every device is signed out.";
pub const NEW_PASSWORD: &str = "New password";
pub const OF_NEW_PASSWORD: &str = " new password";
pub const RESET_BUTTON: &str = "Save new password";
pub const RESETTING: &str = "Saving…";
pub const RESET_DONE: &str = "Your password is changed";
pub const RESET_DONE_NEXT: &str = "Every device was signed out. Sign in with your new password.";
pub const RESET_BROKEN_WHY: &str =
    "It has expired, was already used or canceled, or was replaced by a newer one. You can ask for a new link.";
pub const RESET_AGAIN: &str = "Get a new link";
pub const CONFIRM_DESCRIPTION: &str = "Confirm the new email address of your Kith account.";
pub const CONFIRM: &str = "Confirm your new email address";
pub const CONFIRM_LEAD: &str = "One click, and your account uses this address.";
pub const CONFIRM_BUTTON: &str = "Confirm my new address";
pub const CONFIRMING: &str = "Confirming…";
pub const CONFIRMED: &str = "Your email address was changed";
pub const CONFIRMED_NEXT: &str =
    "Use it to sign in from now on. We sent your old address a link that undoes the change.";
pub const CONFIRM_BROKEN_WHY: &str = "It has expired, was already used or canceled, or was replaced by a newer one. \
                                      You can ask for a new link in your settings.";
pub const TO_SETTINGS: &str = "Go to your settings";
pub const UNDO_DESCRIPTION: &str = "Restore the old email address of your Kith account.";
pub const UNDO: &str = "Restore your old email address";
pub const UNDO_LEAD: &str = "If it wasn’t you who changed the address of your account, undo the change:";
pub const UNDO_EFFECTS: [&str; 3] = [
    "Your account uses this address again.",
    "Every device is signed out, and the password stops working.",
    "We email this address a link to choose a new password.",
];
pub const UNDO_BUTTON: &str = "Restore my old address";
pub const UNDOING: &str = "Restoring…";
pub const UNDONE: &str = "Your old address is back";
pub const UNDONE_NEXT: &str =
    "Every device was signed out. Open the link that we’ve just emailed you to choose a new password.";
pub const UNDO_BROKEN_WHY: &str =
    "It has expired, was already used or was canceled. If you can’t sign in, ask for a link to choose a new password.";
pub const DELETED_DESCRIPTION: &str = "What happens after you have asked to delete your Kith account.";
pub const DELETED: &str = "Your account is hidden now";
pub const DELETED_NEXT: &str = "It will be erased on the date in the email we sent you. If you change your mind before \
                                then, sign in and choose “Keep my account”. Everything will be as it was.";

/// Warns the owner of an address before they verify an account that someone else may have created.
#[must_use]
pub fn waiting_account(username: &str) -> String {
    let meaning = " was created with this email address. Once you verify, the person who set its password can sign in. \
                   Continue only if that’s you.";
    ["The account @", username, meaning].concat()
}
