//! Text of the sign-in pages.

pub const DESCRIPTION: &str = "Sign in to Kith to see what’s new with the people you know.";
pub const SIGN_IN: &str = "Sign in";
pub const SIGNING_IN: &str = "Signing in…";
pub const SIGN_OUT: &str = "Sign out";
pub const WELCOME: &str = "Welcome back";
pub const EMAIL_ME: &str = "Email me a sign-in link";
pub const IS_NEW: &str = "New here? ";
pub const TO_REGISTER: &str = "Create an account";
pub const NOT_VERIFIED: &str = "Please verify your email";
pub const OPEN_LINK: &str = "Open the link we sent to ";
pub const OPEN_LINK_END: &str = ".";
pub const LINK_DESCRIPTION: &str = "Sign in to Kith with a link that we email you.";
pub const LINK: &str = "Sign in with a link";
pub const LINK_LEAD: &str = "We’ll email you a link that signs you in without your password. It works for 15 minutes.";
pub const LINK_BUTTON: &str = "Email me a link";
pub const LINK_USE: &str = "Sign in to Kith";
pub const LINK_USE_LEAD: &str = "One click, and you’re in. The link works once.";
pub const LINK_BROKEN: &str = "This link no longer works";
pub const LINK_BROKEN_WHY: &str =
    "It has expired, was already used or was canceled. You can ask for a new one, which works for 15 minutes.";
pub const LINK_SENT: &str = "If that address has an account, a link is on its way";
pub const LINK_SENT_LIMITS: &str = "We send at most one link every 10 minutes. The last one still works.";
pub const KNOWS_PASSWORD: &str = "Remember your password? ";
pub const WITH_PASSWORD: &str = "Sign in with it";
pub const FORGOT: &str = "Forgot password?";
pub const KEEP_ACCOUNT: &str = "Keep my account";
pub const REAUTHENTICATE_DESCRIPTION: &str = "Enter your password to continue on Kith.";
pub const REAUTHENTICATE: &str = "Confirm that it’s you";
pub const SIGN_IN_FIRST: &str = "Sign in to continue";
pub const REAUTHENTICATE_LEAD: &str = "Enter your password to continue.";
pub const CONTINUE: &str = "Continue";
pub const CHECKING: &str = "Checking…";
