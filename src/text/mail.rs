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
/// Follows "Hello (username),", after the password was made unusable by an operator or by undoing a change of address.
pub const RESET_UNUSABLE_REQUEST: &str =
    "the password of your Kith account no longer works. Choose a new one here, then sign in with it.";
pub const RESET_UNUSABLE_UNEXPECTED: &str = "A separate email says why you need a new password. Don’t forward this email: \
                                             anyone who opens the link can choose the password of your account.";

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
    "The link works for 24 hours. Until you confirm, your account keeps its current address.";
pub const CHANGE_EMAIL_UNEXPECTED: &str =
    "Don’t know about this? Then someone mistyped their address. Ignore this email, and nothing changes.";

pub const UNDO_EMAIL_TITLE: &str = "Your email address was changed";
pub const UNDO_EMAIL_PREVIEW: &str = "If it wasn’t you, you can undo this for 7 days.";
pub const UNDO_EMAIL_BUTTON: &str = "Undo the change";
pub const UNDO_EMAIL_LIMITS: &str = "The link works for 7 days, even if the address is changed again.";
pub const UNDO_EMAIL_UNEXPECTED: &str =
    "Don’t forward this email: anyone who opens the link can take back the account.";

/// Says when and in which browser the address was changed. Follows "Hello (username),".
#[must_use]
pub fn undo_email_request(when: &str, client: Option<&str>) -> String {
    format!(
        "your Kith account now uses another email address. It was changed on {when}{}. If it was you, there’s nothing to \
         do. If it wasn’t, undo the change here. Every device will be signed out, and we’ll send you a link to choose a \
         new password. If that link has expired, choose “Forgot password?” on the sign-in page to get another one.",
        in_client(client)
    )
}

pub const ADDRESS_IN_USE_TITLE: &str = "Someone tried to use your email address";
pub const ADDRESS_IN_USE_PREVIEW: &str = "Your account is unchanged.";
pub const ADDRESS_IN_USE_REQUEST: &str =
    "someone wanted to use this address for another Kith account. That isn’t possible, because your account has it.";
pub const ADDRESS_IN_USE_BUTTON: &str = "Sign in";
pub const ADDRESS_IN_USE_UNEXPECTED: &str =
    "Was it you? Then sign in to this account instead. If not, you can ignore this email: your account is unchanged.";

/// The title of each notice, and what happened. Follows "Hello (username),".
pub type NoticeText = (&'static str, &'static str);
pub const PASSWORD_CHANGED: NoticeText = (
    "Your password was changed",
    "the password of your Kith account was changed, and all other devices were signed out.",
);
pub const PASSWORD_RESET: NoticeText = (
    "Your password was reset",
    "the password of your Kith account was reset with a link from your mailbox, and every device was signed out.",
);
pub const PASSWORD_INVALIDATED: NoticeText = (
    "Your password no longer works",
    "the password of your Kith account no longer works, and every device was signed out. A separate email contains a \
     link to choose a new password.",
);
pub const EMAIL_CHANGE_REQUESTED: NoticeText = (
    "A new email address was requested",
    "someone who is signed in to your Kith account asked to use another email address. Nothing changes until that \
     address is confirmed.",
);
pub const EMAIL_CHANGE_UNDONE: NoticeText = (
    "Your old email address was restored",
    "the old email address of your Kith account was restored. The password no longer works, and every device was \
     signed out. A separate email contains a link to choose a new password.",
);
pub const USERNAME_CHANGED: NoticeText =
    ("Your username was changed", "the username of your Kith account was changed.");
pub const DELETION_REQUESTED: NoticeText = (
    "Your account will be deleted",
    "the deletion of your Kith account was requested. Your account is hidden from everyone now.",
);
pub const RESTORED: NoticeText =
    ("Welcome back", "your Kith account was restored and is no longer scheduled for deletion.");
pub const SUSPENDED: NoticeText =
    ("Your account is suspended", "your Kith account was suspended, and every device was signed out.");
pub const UNSUSPENDED: NoticeText =
    ("Your account is no longer suspended", "your Kith account is no longer suspended. You can sign in again.");
pub const DELETED: NoticeText =
    ("Your account was deleted", "your Kith account is being deleted with everything that belongs to it.");

/// The preview of notices about what a user did.
pub const NOTICE_PREVIEW: &str = "If it was you, there’s nothing to do. If it wasn’t, choose a new password.";
pub const NOTICE_LIMITS: &str = "If it was you, there’s nothing to do.";
pub const NOTICE_BUTTON: &str = "It wasn’t me";
pub const NOTICE_UNEXPECTED: &str =
    "Wasn’t you? Choose a new password with the button above. That signs out every device.";
/// The preview of the notice about a restored address, whose owner needs a new password in any case.
pub const UNDONE_PREVIEW: &str = "A separate email contains a link to choose a new password.";
pub const UNDONE_LIMITS: &str = "If it was you, you only need to choose a new password.";
/// The preview of notices about what an operator did.
pub const OPERATOR_PREVIEW: &str = "This was done by the people who run this site.";
pub const NOTICE_OPEN: &str = "Open Kith";
pub const BY_OPERATOR: &str =
    "This was done by the people who run this site. If you think it’s a mistake, please ask them.";

/// Such as “Firefox on Windows”.
#[must_use]
pub fn browser_on_system(browser: &str, system: &str) -> String {
    format!("{browser} on {system}")
}

/// Says what happened, when, in which browser, and then `until`, if there is one.
#[must_use]
pub fn noticed(what: &str, when: &str, client: Option<&str>, until: Option<&str>) -> String {
    let until = until.map(|until| format!(" {until}")).unwrap_or_default();
    format!("{what} This happened on {when}{}.{until}", in_client(client))
}

fn in_client(client: Option<&str>) -> String {
    client.map(|client| format!(", in {client}")).unwrap_or_default()
}

/// Says when a requested deletion will be carried out.
#[must_use]
pub fn erased_on(day: &str) -> String {
    format!(
        "On {day}, everything will be erased. To keep your account, sign in before then and choose “Keep my account”."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_consists_of_complete_sentences() {
        let when = "5 Mar 2026, 14:05 UTC";
        let erased = erased_on("19 March 2026");
        let text = noticed(DELETION_REQUESTED.1, when, Some("Firefox on Windows"), Some(&erased));
        let (what, rest) = text.split_once(" This happened ").unwrap();
        assert!(what.ends_with('.'), "{what}");
        assert!(rest.starts_with("on 5 Mar 2026, 14:05 UTC, in Firefox on Windows. On 19 March 2026, "), "{rest}");
        assert_eq!(noticed("a b.", when, None, None), "a b. This happened on 5 Mar 2026, 14:05 UTC.");
    }

    #[test]
    fn the_mail_about_a_new_address_says_when_and_where_it_was_changed() {
        let text = undo_email_request("5 Mar 2026, 14:05 UTC", Some("Safari"));
        assert!(text.contains(" It was changed on 5 Mar 2026, 14:05 UTC, in Safari. If it was you, "), "{text}");
        let text = undo_email_request("5 Mar 2026, 14:05 UTC", None);
        assert!(text.contains(" It was changed on 5 Mar 2026, 14:05 UTC. If it was you, "), "{text}");
    }
}
