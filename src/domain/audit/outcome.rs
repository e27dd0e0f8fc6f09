//! What attempts to authenticate come to: a line in the log and a count, from one place.

use uuid::Uuid;

/// What was attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    Registration,
    Verification,
    Rejection,
    SignIn,
    Refresh,
    SignOut,
    /// What an operator does to an account.
    Administration,
}

impl Attempt {
    /// As the log calls it, and as Prometheus does.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Registration => ("registration", "registration_total"),
            Self::Verification => ("verification", "verification_total"),
            Self::Rejection => ("account rejection", "account_rejection_total"),
            Self::SignIn => ("sign-in", "sign_in_total"),
            Self::Refresh => ("refresh", "refresh_total"),
            Self::SignOut => ("sign-out", "sign_out_total"),
            Self::Administration => ("account administration", "account_administration_total"),
        }
    }

    /// Notes the outcome, with the user where one is known.
    pub fn came_to(self, outcome: &'static str, user: Option<Uuid>) {
        let (name, counter) = self.names();
        metrics::counter!(counter, "outcome" => outcome).increment(1);
        tracing::info!(user_id = user.map(tracing::field::display), outcome, "{name}");
    }
}
