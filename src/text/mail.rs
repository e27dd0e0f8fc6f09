//! What mails say.

pub const HELLO: &str = "Hello";
/// Stands before the link.
pub const COPY_LINK: &str = "If the button does not work, copy this into your browser:";

pub const VERIFY_TITLE: &str = "Confirm your email address";
/// What a list of mails shows beside the subject.
pub const VERIFY_PREVIEW: &str = "One click, and your account is ready.";
/// Follows "Hello (username),".
pub const VERIFY_REQUEST: &str = "welcome to Kith. Please confirm that this is your email address.";
pub const VERIFY_BUTTON: &str = "Confirm address";
pub const VERIFY_LIMITS: &str = "The link works for 24 hours. After that, sign in to get a new one.";
pub const VERIFY_UNEXPECTED: &str = "You did not sign up? Then do not confirm: the person who did could use the account. Open the \
     link and choose “I didn’t create this account” to delete it.";

pub const SIGN_IN_TITLE: &str = "Your sign-in link";
pub const SIGN_IN_PREVIEW: &str = "Sign in to Kith without your password.";
pub const SIGN_IN_REQUEST: &str = "someone asked for a link that signs you in to Kith. If it was you, open it here.";
pub const SIGN_IN_BUTTON: &str = "Sign in";
pub const SIGN_IN_LIMITS: &str = "The link works for 15 minutes and only once.";
pub const SIGN_IN_UNEXPECTED: &str =
    "You did not ask for it? You can ignore this mail: only someone who opens the link gets in. Don't forward it.";
