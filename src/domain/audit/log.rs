//! `users.audit_log`: who did what to which account. Rows are only ever added, in the transaction of the change.

use serde_json::{Map, Value};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// An operator on the command line, by the name that the operating system knows.
    Operator(String),
    /// The visitor who holds the link mailed to an address.
    AddressOwner,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    AccountRejected,
    AccountSuspended,
    AccountUnsuspended,
    AccountReset,
    AccountDeleted,
    RolesSet,
    SignInsEnded,
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Self::AccountRejected => "account.rejected",
            Self::AccountSuspended => "account.suspended",
            Self::AccountUnsuspended => "account.unsuspended",
            Self::AccountReset => "account.reset",
            Self::AccountDeleted => "account.deleted",
            Self::RolesSet => "roles.set",
            Self::SignInsEnded => "sign_ins.ended",
        }
    }
}

/// Where a request came from; empty on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub request_id: Option<String>,
    /// In CIDR notation.
    pub network: Option<String>,
}

/// A row to be added.
#[derive(Clone, Debug)]
pub struct Entry {
    actor: Actor,
    action: Action,
    target: Uuid,
    origin: Origin,
    details: Map<String, Value>,
}

impl Entry {
    /// `target` is the user that it was done to.
    #[must_use]
    pub fn new(actor: Actor, action: Action, target: Uuid) -> Self {
        Self { actor, action, target, origin: Origin::default(), details: Map::new() }
    }

    #[must_use]
    pub fn from(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// Why, in the actor's words. Email addresses are left out: the row outlives the account, and an erasure must
    /// leave the address nowhere.
    #[must_use]
    pub fn with_reason(self, reason: &str) -> Self {
        let words: Vec<_> = reason.split_whitespace().map(|word| if word.contains('@') { "…" } else { word }).collect();
        if words.is_empty() { self } else { self.with_detail("reason", words.join(" ").into()) }
    }

    /// Adds a detail: no secret, and nothing that an erasure would have to remove.
    #[must_use]
    pub fn with_detail(mut self, name: &'static str, value: Value) -> Self {
        self.details.insert(name.to_owned(), value);
        self
    }

    /// Adds the row in the transaction of the change.
    ///
    /// # Errors
    /// Faults of the database; the change is not to be committed then.
    pub async fn record(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let (actor, name) = match &self.actor {
            Actor::Operator(name) => ("operator", Some(name)),
            Actor::AddressOwner => ("address_owner", None),
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
    fn a_reason_keeps_its_words_but_no_address() {
        let entry = Entry::new(Actor::AddressOwner, Action::AccountDeleted, Uuid::nil());
        let entry = entry.with_reason("asked by <Ann@example.org>,\nticket 17");
        assert_eq!(entry.details["reason"], "asked by … ticket 17");
    }
}
