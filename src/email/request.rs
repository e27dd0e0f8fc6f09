//! Requests for mail: the kind of a mail, and what it is about.

use serde_json::Value;
use uuid::Uuid;

/// What a mail is about. Deleting this row also deletes the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A row of `email_verifications`, and its user. Rows queued by versions before migration 0023 name no user.
    Verification { id: Uuid, user: Option<Uuid> },
    /// A user.
    Recipient(Uuid),
}

/// A requested mail. Its contents are looked up when it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The value in the column `kind` of `email_outbox`: one of `Compose::kinds`.
    pub kind: &'static str,
    pub subject: Subject,
    /// What the kind needs to know from the time of the request.
    pub data: Option<Value>,
}

impl Request {
    /// Reads the columns of a row. Returns `None` if this version does not know the kind.
    pub fn from_columns(
        kinds: &[&'static str],
        kind: &str,
        verification: Option<Uuid>,
        recipient: Option<Uuid>,
        data: Option<Value>,
    ) -> Option<Self> {
        let kind = kinds.iter().find(|known| **known == kind)?;
        let subject = match verification {
            Some(id) => Subject::Verification { id, user: recipient },
            None => Subject::Recipient(recipient?),
        };
        Some(Self { kind, subject, data })
    }

    pub(super) const fn verification(&self) -> Option<Uuid> {
        match self.subject {
            Subject::Verification { id, .. } => Some(id),
            Subject::Recipient(_) => None,
        }
    }

    pub(super) const fn recipient(&self) -> Option<Uuid> {
        match self.subject {
            Subject::Verification { user, .. } => user,
            Subject::Recipient(id) => Some(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_round_trips_through_its_columns() {
        let (id, user) = (Uuid::now_v7(), Uuid::now_v7());
        let kinds = ["verification", "sign_in_link"];
        for (kind, subject) in [
            ("verification", Subject::Verification { id, user: Some(user) }),
            ("verification", Subject::Verification { id, user: None }),
            ("sign_in_link", Subject::Recipient(user)),
        ] {
            let data = Some(serde_json::json!({ "minutes": 15 }));
            let request = Request { kind, subject, data: data.clone() };
            let read = Request::from_columns(&kinds, kind, request.verification(), request.recipient(), data);
            assert_eq!(read, Some(request));
        }
        assert_eq!(Request::from_columns(&kinds, "later", Some(id), Some(id), None), None);
        assert_eq!(Request::from_columns(&kinds, "verification", None, None, None), None);
    }
}
