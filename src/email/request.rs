//! The kinds of mail, and what each is about.

use uuid::Uuid;

/// A mail that is asked for. What it says is looked up when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Asks to confirm an address. Holds the id of a row of `email_verifications`.
    Verification(Uuid),
    /// Offers to sign in without a password. Holds the id of a user.
    SignInLink(Uuid),
}

impl Request {
    /// All names, which the column `kind` of `email_outbox` takes. A claim leaves other kinds to newer versions.
    pub const KINDS: [&str; 2] = ["verification", "sign_in_link"];

    pub const fn kind(self) -> &'static str {
        match self {
            Self::Verification(_) => "verification",
            Self::SignInLink(_) => "sign_in_link",
        }
    }

    /// What the columns of a row say; `None` if they say nothing that this version knows.
    pub fn from_columns(kind: &str, verification: Option<Uuid>, recipient: Option<Uuid>) -> Option<Self> {
        match kind {
            "verification" => verification.map(Self::Verification),
            "sign_in_link" => recipient.map(Self::SignInLink),
            _ => None,
        }
    }

    pub(super) const fn verification(self) -> Option<Uuid> {
        match self {
            Self::Verification(id) => Some(id),
            Self::SignInLink(_) => None,
        }
    }

    pub(super) const fn recipient(self) -> Option<Uuid> {
        match self {
            Self::Verification(_) => None,
            Self::SignInLink(id) => Some(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_what_its_columns_say() {
        let id = Uuid::now_v7();
        for request in [Request::Verification(id), Request::SignInLink(id)] {
            assert!(Request::KINDS.contains(&request.kind()));
            let read = Request::from_columns(request.kind(), request.verification(), request.recipient());
            assert_eq!(read, Some(request));
        }
        assert_eq!(Request::from_columns("later", Some(id), Some(id)), None);
    }
}
