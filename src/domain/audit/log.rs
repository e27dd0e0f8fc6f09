//! `users.audit_log`: who did what to which account. It is append-only, and written in the transaction of the change.

use serde_json::{Map, Value};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

/// Who made the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// An operator on the command line, by operating system user name.
    Operator(String),
    /// The visitor who holds the link mailed to an address.
    AddressOwner,
    /// The user of the account, signed in or with the right password.
    User,
    /// A visitor who has proved nothing.
    Visitor,
    /// The service itself, when a time has come.
    System,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    AccountRejected,
    AccountSuspended,
    AccountUnsuspended,
    AccountReset,
    AccountDeleted,
    AccountExported,
    AccountRestored,
    DeletionRequested,
    EmailChangeCanceled,
    EmailChangeRequested,
    EmailChangeUndone,
    EmailChanged,
    PasswordChanged,
    PasswordReset,
    PasswordResetRequested,
    Reauthenticated,
    RolesSet,
    SignInsRevoked,
    UsernameChanged,
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Self::AccountRejected => "account.rejected",
            Self::AccountSuspended => "account.suspended",
            Self::AccountUnsuspended => "account.unsuspended",
            Self::AccountReset => "account.reset",
            Self::AccountDeleted => "account.deleted",
            Self::AccountExported => "account.exported",
            Self::AccountRestored => "account.restored",
            Self::DeletionRequested => "account.deletion_requested",
            Self::EmailChangeCanceled => "email.change_canceled",
            Self::EmailChangeRequested => "email.change_requested",
            Self::EmailChangeUndone => "email.change_undone",
            Self::EmailChanged => "email.changed",
            Self::PasswordChanged => "password.changed",
            Self::PasswordReset => "password.reset",
            Self::PasswordResetRequested => "password.reset_requested",
            Self::Reauthenticated => "sign_in.reauthenticated",
            Self::RolesSet => "roles.set",
            Self::SignInsRevoked => "sign_ins.ended",
            Self::UsernameChanged => "username.changed",
        }
    }
}

/// The origin of a request. Empty on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub request_id: Option<String>,
    /// In CIDR notation.
    pub network: Option<String>,
}

/// A new row.
#[derive(Clone, Debug)]
pub struct Entry {
    actor: Actor,
    action: Action,
    target: Uuid,
    origin: Origin,
    details: Map<String, Value>,
}

impl Entry {
    /// `target` is the affected user.
    #[must_use]
    pub fn new(actor: Actor, action: Action, target: Uuid) -> Self {
        Self { actor, action, target, origin: Origin::default(), details: Map::new() }
    }

    #[must_use]
    pub fn from(self, origin: &Origin) -> Self {
        Self { origin: origin.clone(), ..self }
    }

    /// Adds the reason in the actor's words, without email addresses: the row outlives the account, and an erasure must
    /// not leave the address anywhere.
    #[must_use]
    pub fn with_reason(self, reason: &str) -> Self {
        let words: Vec<_> = reason.split_whitespace().map(|word| if word.contains('@') { "…" } else { word }).collect();
        if words.is_empty() { self } else { self.with_detail("reason", words.join(" ").into()) }
    }

    /// Adds a detail. It must not contain secrets or anything that an erasure would have to remove.
    #[must_use]
    pub fn with_detail(mut self, name: &'static str, value: Value) -> Self {
        self.details.insert(name.to_owned(), value);
        self
    }

    /// Inserts the row in the transaction of the change. If it fails, the change must not be committed.
    pub async fn record(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let (actor, name) = match &self.actor {
            Actor::Operator(name) => ("operator", Some(name)),
            Actor::AddressOwner => ("address_owner", None),
            Actor::User => ("user", None),
            Actor::Visitor => ("visitor", None),
            Actor::System => ("system", None),
        };
        sqlx::query(
            "INSERT INTO users.audit_log (id, actor, actor_name, action, target, request_id, network, details)
             VALUES ($1, $2, $3, $4, $5, $6, $7::cidr, $8)",
        )
        .bind(Uuid::now_v7())
        .bind(actor)
        .bind(name)
        .bind(self.action.name())
        .bind(self.target)
        .bind(&self.origin.request_id)
        .bind(&self.origin.network)
        .bind(Json(&self.details))
        .execute(connection)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_keeps_its_words_without_email_addresses() {
        let entry = Entry::new(Actor::AddressOwner, Action::AccountDeleted, Uuid::nil());
        let entry = entry.with_reason("asked by <Ann@example.org>,\nticket 17");
        assert_eq!(entry.details["reason"], "asked by … ticket 17");
    }
}
