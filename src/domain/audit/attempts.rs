//! Attempts to authenticate and changes to accounts: each is logged and counted in one place.

use uuid::Uuid;

/// What was attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    Registration,
    Verification,
    AccountRejection,
    SignIn,
    Refresh,
    SignOut,
    /// An operator's change to an account.
    Administration,
}

impl Attempt {
    const fn log_message(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Verification => "verification",
            Self::AccountRejection => "account rejection",
            Self::SignIn => "sign-in",
            Self::Refresh => "refresh",
            Self::SignOut => "sign-out",
            Self::Administration => "account administration",
        }
    }

    const fn counter(self) -> &'static str {
        match self {
            Self::Registration => "registration_total",
            Self::Verification => "verification_total",
            Self::AccountRejection => "account_rejection_total",
            Self::SignIn => "sign_in_total",
            Self::Refresh => "refresh_total",
            Self::SignOut => "sign_out_total",
            Self::Administration => "account_administration_total",
        }
    }
}

/// The result of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Registered,
    EmailTaken,
    UsernameTaken,
    Verified,
    /// The account was deleted by the owner of its email address.
    AccountRejected,
    SignedIn,
    SignedInWithLink,
    RateLimited,
    /// Too many passwords are waiting to be hashed.
    Overloaded,
    UnknownEmail,
    WrongPassword,
    Suspended,
    NotVerified,
    /// While the password was being checked, the account was suspended, reset or deleted, or all its sign-ins were revoked.
    Superseded,
    LinkInvalid,
    Refreshed,
    /// A used refresh token was presented again: its sign-in was revoked.
    Reused,
    /// The token does not work: it is unknown, expired or replaced, or it works only once and was used.
    TokenInvalid,
    SignedOut,
    SignInsRevoked,
    Unsuspended,
    PasswordReset,
    Deleted,
}

impl Outcome {
    /// The value in the log and in the metric's label. Dashboards and alerts use it, so it never changes.
    const fn label(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::EmailTaken => "email_taken",
            Self::UsernameTaken => "username_taken",
            Self::Verified => "verified",
            Self::AccountRejected => "rejected",
            Self::SignedIn => "signed_in",
            Self::SignedInWithLink => "signed_in_with_link",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::UnknownEmail => "unknown_email",
            Self::WrongPassword => "wrong_password",
            Self::Suspended => "suspended",
            Self::NotVerified => "not_verified",
            Self::Superseded => "overtaken",
            Self::LinkInvalid => "link_refused",
            Self::Refreshed => "refreshed",
            Self::Reused => "reused",
            Self::TokenInvalid => "refused",
            Self::SignedOut => "signed_out",
            Self::SignInsRevoked => "sign_ins_ended",
            Self::Unsuspended => "unsuspended",
            Self::PasswordReset => "reset",
            Self::Deleted => "deleted",
        }
    }
}

/// Logs and counts an attempt, with the user if one is known.
pub fn record(attempt: Attempt, outcome: Outcome, user: Option<Uuid>) {
    let outcome = outcome.label();
    metrics::counter!(attempt.counter(), "outcome" => outcome).increment(1);
    tracing::info!(user_id = user.map(tracing::field::display), outcome, "{}", attempt.log_message());
}
