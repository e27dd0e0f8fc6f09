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
