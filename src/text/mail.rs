//! Text of the emails.

pub const HELLO: &str = "Hello";
/// Introduces the link as plain text.
pub const COPY_LINK: &str = "If the button doesn’t work, copy this link into your browser:";

pub const VERIFY_TITLE: &str = "Confirm your email address";
/// The preview that an inbox shows beside the subject.
pub const VERIFY_PREVIEW: &str = "One click, and your account is ready.";
/// Follows "Hello (username),".
pub const VERIFY_REQUEST: &str = "welcome to Kith. Please confirm that this is your email address.";
pub const VERIFY_BUTTON: &str = "Confirm address";
pub const VERIFY_LIMITS: &str = "The link works for 24 hours. After that, sign in to get a new one.";
pub const VERIFY_UNEXPECTED: &str = "Didn’t sign up? Then don’t confirm, or the person who did could use the account. Open the \
     link and choose “I didn’t create this account” to delete it.";

pub const SIGN_IN_TITLE: &str = "Your sign-in link";
pub const SIGN_IN_PREVIEW: &str = "Sign in to Kith without your password.";
pub const SIGN_IN_REQUEST: &str = "someone asked for a link that signs you in to Kith. If it was you, open it here.";
pub const SIGN_IN_BUTTON: &str = "Sign in";
pub const SIGN_IN_LIMITS: &str = "The link works for 15 minutes and only once.";
pub const SIGN_IN_UNEXPECTED: &str =
    "Didn’t ask for it? You can ignore this email. Only someone who opens the link gets in, so don’t forward it.";

pub const RESET_TITLE: &str = "Choose a new password";
pub const RESET_PREVIEW: &str = "Open the link to get back into your Kith account.";
pub const RESET_REQUEST: &str = "someone asked to reset the password of your Kith account. If it was you, choose a new one here. \
     Every device will be signed out.";
pub const RESET_BUTTON: &str = "Choose a new password";
pub const RESET_UNEXPECTED: &str =
    "Didn’t ask for it? You can ignore this email: your password still works. Don’t forward it.";

#[must_use]
pub fn reset_limits(minutes: i32) -> String {
    let time = match minutes {
        60 => "an hour".to_owned(),
        1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    };
    format!("The link works for {time} and only once. A newer link replaces it.")
}

pub const CHANGE_EMAIL_TITLE: &str = "Confirm your new email address";
pub const CHANGE_EMAIL_PREVIEW: &str = "One click, and Kith uses this address.";
pub const CHANGE_EMAIL_REQUEST: &str =
    "you asked to use this address for your Kith account. Please confirm that it’s yours.";
pub const CHANGE_EMAIL_BUTTON: &str = "Confirm address";
pub const CHANGE_EMAIL_LIMITS: &str =
    "The link works for 24 hours. Until you open it, your current address stays in use.";
pub const CHANGE_EMAIL_UNEXPECTED: &str =
    "Don’t know about this? Then someone mistyped their address. Ignore this email, and nothing changes.";

pub const UNDO_EMAIL_TITLE: &str = "Your email address was changed";
pub const UNDO_EMAIL_PREVIEW: &str = "If it wasn’t you, you can undo this for 7 days.";
pub const UNDO_EMAIL_REQUEST: &str = "your Kith account now uses another email address. If it was you, there’s nothing to do. If it \
     wasn’t, undo the change here. Every device will be signed out, and we’ll send you a link to choose a new password.";
pub const UNDO_EMAIL_BUTTON: &str = "Undo the change";
pub const UNDO_EMAIL_LIMITS: &str = "The link works for 7 days, even if the address is changed again.";
pub const UNDO_EMAIL_UNEXPECTED: &str =
    "Don’t forward this email: anyone who opens the link can take back the account.";

pub const ADDRESS_IN_USE_TITLE: &str = "Someone tried to use your email address";
pub const ADDRESS_IN_USE_PREVIEW: &str = "Your account is unchanged.";
pub const ADDRESS_IN_USE_REQUEST: &str =
    "someone wanted to use this address for another Kith account. That isn’t possible, because your account has it.";
pub const ADDRESS_IN_USE_BUTTON: &str = "Sign in";
pub const ADDRESS_IN_USE_UNEXPECTED: &str =
    "Was it you? Then sign in to this account instead. If not, you can ignore this email: your account is unchanged.";

/// The title of each notice, and what happened: a sentence that continues with when and where.
pub type NoticeText = (&'static str, &'static str);
pub const PASSWORD_CHANGED: NoticeText = (
    "Your password was changed",
    "the password of your Kith account was changed, and all other devices were signed out",
);
pub const PASSWORD_RESET: NoticeText = (
    "Your password was reset",
    "the password of your Kith account was reset with a link from your mailbox, and every device was signed out",
);
pub const PASSWORD_INVALIDATED: NoticeText = (
    "Your password no longer works",
    "the password of your Kith account was made unusable, and every device was signed out. A separate email contains a \
     link to choose a new one. This happened",
);
pub const EMAIL_CHANGE_REQUESTED: NoticeText = (
    "A new email address was requested",
    "someone who is signed in to your Kith account asked to use another email address. Nothing changes until that \
     address is confirmed. This happened",
);
pub const USERNAME_CHANGED: NoticeText = ("Your username was changed", "the username of your Kith account was changed");
pub const DELETION_REQUESTED: NoticeText = (
    "Your account will be deleted",
    "the deletion of your Kith account was requested. You are hidden from everyone now. This happened",
);
pub const RESTORED: NoticeText = ("Welcome back", "your Kith account was restored, and will not be deleted");
pub const SUSPENDED: NoticeText = ("Your account is suspended", "your Kith account was suspended");
pub const UNSUSPENDED: NoticeText =
    ("Your account is no longer suspended", "the suspension of your Kith account was lifted. This happened");
pub const DELETED: NoticeText = (
    "Your account was deleted",
    "your Kith account is being deleted with everything that belongs to it. This was decided",
);

pub const NOTICE_LIMITS: &str = "If it was you, there’s nothing to do.";
pub const NOTICE_BUTTON: &str = "It wasn’t me";
pub const NOTICE_UNEXPECTED: &str =
    "Wasn’t you? Choose a new password with the button above. That signs out every device.";
pub const NOTICE_OPEN: &str = "Open Kith";
pub const BY_OPERATOR: &str =
    "This was done by the people who run this site. If you think it’s a mistake, please ask them.";

/// Such as “Firefox on Windows”.
#[must_use]
pub fn browser_on_system(browser: &str, system: &str) -> String {
    format!("{browser} on {system}")
}

/// Says what happened, when, and in which browser. `until` follows as a sentence of its own.
#[must_use]
pub fn noticed(what: &str, when: &str, client: Option<&str>, until: &str) -> String {
    let client = client.map(|client| format!(" in {client}")).unwrap_or_default();
    format!("{what} on {when}{client}.{until}")
}

/// When a requested deletion will be carried out.
#[must_use]
pub fn erased_on(day: &str) -> String {
    format!(
        " On {day}, everything will be erased. To keep your account, sign in before then and choose “Keep my account”."
    )
}
