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
    /// Ending other sessions.
    SessionRevocation,
    /// A proof of identity in a session.
    Reauthentication,
    /// Asking for a link that resets the password.
    ResetRequest,
    PasswordReset,
    PasswordChange,
    EmailChange,
    UsernameChange,
    /// Requesting or finishing the deletion of an account.
    Deletion,
    Restoration,
    Export,
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
            Self::SessionRevocation => "session revocation",
            Self::Reauthentication => "reauthentication",
            Self::ResetRequest => "password reset request",
            Self::PasswordReset => "password reset",
            Self::PasswordChange => "password change",
            Self::EmailChange => "email change",
            Self::UsernameChange => "username change",
            Self::Deletion => "account deletion",
            Self::Restoration => "account restoration",
            Self::Export => "export",
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
            Self::SessionRevocation => "session_revocation_total",
            Self::Reauthentication => "reauthentication_total",
            Self::ResetRequest => "password_reset_request_total",
            Self::PasswordReset => "password_reset_total",
            Self::PasswordChange => "password_change_total",
            Self::EmailChange => "email_change_total",
            Self::UsernameChange => "username_change_total",
            Self::Deletion => "account_deletion_total",
            Self::Restoration => "account_restoration_total",
            Self::Export => "export_total",
        }
    }
}

/// The result of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Registered,
    EmailTaken,
    UsernameTaken,
    UsernameTooSimilar,
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
    /// While the password was being checked, the account was suspended, reset or deleted, or all its sign-ins were
    /// revoked.
    Superseded,
    LinkInvalid,
    Refreshed,
    /// A used refresh token was presented again: its sign-in was revoked.
    Reused,
    /// The token does not work: it is unknown, expired or replaced, or it works only once and was used.
    TokenInvalid,
    SignedOut,
    /// The right password of an account that is about to be deleted.
    PendingDeletion,
    Requested,
    /// A mail was not sent because there were too many.
    Suppressed,
    Confirmed,
    Canceled,
    Undone,
    Changed,
    /// The last change was too recent.
    ChangedRecently,
    Proven,
    Restored,
    Revoked,
    Exported,
    Erased,
}

impl Outcome {
    /// The value in the log and in the metric's label. Dashboards and alerts use it, so it never changes.
    const fn label(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::EmailTaken => "email_taken",
            Self::UsernameTaken => "username_taken",
            Self::UsernameTooSimilar => "username_too_similar",
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
            Self::PendingDeletion => "pending_deletion",
            Self::Requested => "requested",
            Self::Suppressed => "suppressed",
            Self::Confirmed => "confirmed",
            Self::Canceled => "canceled",
            Self::Undone => "undone",
            Self::Changed => "changed",
            Self::ChangedRecently => "changed_recently",
            Self::Proven => "proven",
            Self::Restored => "restored",
            Self::Revoked => "revoked",
            Self::Exported => "exported",
            Self::Erased => "erased",
        }
    }
}

/// Logs and counts an attempt, with the user if one is known.
pub fn record(attempt: Attempt, outcome: Outcome, user: Option<Uuid>) {
    let outcome = outcome.label();
    metrics::counter!(attempt.counter(), "outcome" => outcome).increment(1);
    tracing::info!(user_id = user.map(tracing::field::display), outcome, "{}", attempt.log_message());
}
