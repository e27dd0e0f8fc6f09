//! Text of the settings pages.

pub const SETTINGS: &str = "Settings";
pub const ACCOUNT_DESCRIPTION: &str =
    "The settings of your Kith account: your email address, your username, your data, and deleting the account.";
pub const SECURITY_DESCRIPTION: &str = "The password of your Kith account, and the devices that are signed in.";
pub const ACCOUNT: &str = "Account";
pub const SECURITY: &str = "Security";
pub const SIGN_IN_FIRST: &str = "Sign in to see your settings";
pub const SAVING: &str = "Saving…";

pub const CURRENT_PASSWORD: &str = "Current password";
pub const OF_CURRENT_PASSWORD: &str = " current password";
pub const CURRENT_PASSWORD_HINT: &str = "Only needed if you signed in more than 10 minutes ago.";

pub const EMAIL: &str = "Email";
pub const EMAIL_IS: &str = "Your address is ";
pub const EMAIL_IS_END: &str = ".";
pub const EMAIL_NEW: &str = "New email address";
pub const EMAIL_BUTTON: &str = "Send a link to the new address";
pub const EMAIL_PENDING: &str = "The change to ";
pub const EMAIL_PENDING_END: &str = " is waiting for you to confirm it. Open the link that we sent there. Until then, we \
                                     keep using your current address.";
pub const EMAIL_CANCEL: &str = "Cancel the change";
pub const EMAIL_CANCELING: &str = "Canceling…";
pub const EMAIL_CANCELED: &str = "The change is canceled";
pub const EMAIL_SENT: &str = "We sent a link to your new address";

pub const USERNAME: &str = "Username";
pub const USERNAME_LEAD: &str = "You can change it once every 30 days. The old one leads to your profile for 90 days, and \
                                 stays reserved for you for at least as long.";
pub const USERNAME_BUTTON: &str = "Change username";
pub const USERNAME_CHANGED: &str = "Your username is changed";

pub const DATA: &str = "Your data";
pub const DATA_LEAD: &str = "Download what Kith has stored about you. If you signed in more than 10 minutes ago, we \
                             ask for your password first.";
pub const DATA_ALL: &str = "Everything (JSON)";
pub const DATA_FOLLOWS: &str = "People you follow (CSV)";
pub const DATA_FOLLOWERS: &str = "Your followers (CSV)";

pub const DELETE: &str = "Delete account";
pub const DELETE_LEAD: &str = "What happens when you delete your account:";
pub const DELETE_EFFECTS: [&str; 5] = [
    "Your account is hidden everywhere at once.",
    "Everything is erased on the date in the email we send you: your profile, your picture, your follows and your \
     sessions.",
    "Until then, you can sign in and choose “Keep my account”.",
    "Your username stays reserved for a while, so that no other user can pose as you.",
    "We can’t erase what other people have downloaded. Backups keep a copy until they expire.",
];
pub const DELETE_OPEN: &str = "Delete my account";
pub const DELETE_BUTTON: &str = "Yes, delete my account";
pub const DELETING: &str = "Deleting…";

pub const PASSWORD: &str = "Password";
pub const PASSWORD_LEAD: &str = "When you change it, all your other devices are signed out.";
pub const PASSWORD_BUTTON: &str = "Change password";
pub const PASSWORD_CHANGED: &str = "Your password is changed";
pub const PASSWORD_CHANGED_NEXT: &str = "All your other devices were signed out.";

pub const SESSIONS: &str = "Sessions";
pub const SESSIONS_LEAD: &str =
    "The devices that are signed in to your account. If you don’t recognize one, sign it out and change your password.";
pub const UNKNOWN_BROWSER: &str = "Unknown browser";
pub const ON_SYSTEM: &str = " on ";
pub const THIS_DEVICE: &str = "This device";
pub const LAST_USED: &str = "Last used ";
pub const SIGNED_IN: &str = "Signed in ";
pub const IP_ADDRESS: &str = "IP address ";
pub const SIGNING_OUT: &str = "Signing out…";
pub const SIGNED_OUT: &str = "The device was signed out";
pub const SIGN_OUT_OTHERS: &str = "Sign out all other devices";
pub const SIGNED_OUT_OTHERS: &str = "All other devices were signed out";

/// Says from which day the username can be changed again.
#[must_use]
pub fn username_changeable(day: &str) -> String {
    ["You can choose a new one from ", day, " on. You can go back to an earlier one at any time."].concat()
}

#[must_use]
pub fn signed_out(device: &str) -> String {
    [device, " was signed out"].concat()
}
