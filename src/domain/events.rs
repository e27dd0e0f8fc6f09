//! `users.events`: what other systems must learn, written in the transaction of the change.

use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::base::sweep::{ExpiringRows, rows_by_id};

/// Events that are more than two weeks old. Index: `events_occurred_at_idx`.
pub const EXPIRED: ExpiringRows = rows_by_id!("events", "users.events", "occurred_at", 14);

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    UserRegistered,
    UserVerified,
    /// The address of the account was replaced.
    UserUpdated,
    UserRenamed,
    UserDeletionRequested,
    UserRestored,
    UserDeleted,
    UserSuspended,
    UserUnsuspended,
    SessionRevoked,
    ReportCreated,
}

impl EventType {
    /// The value in the column `type`.
    const fn name(self) -> &'static str {
        match self {
            Self::UserRegistered => "user.registered",
            Self::UserVerified => "user.verified",
            Self::UserUpdated => "user.updated",
            Self::UserRenamed => "user.renamed",
            Self::UserDeletionRequested => "user.deletion_requested",
            Self::UserRestored => "user.restored",
            Self::UserDeleted => "user.deleted",
            Self::UserSuspended => "user.suspended",
            Self::UserUnsuspended => "user.unsuspended",
            Self::SessionRevoked => "session.revoked",
            Self::ReportCreated => "report.created",
        }
    }
}

/// Records an event about the user `subject`. `data` must not contain an email address or a secret.
pub async fn record(connection: &mut PgConnection, kind: EventType, subject: Uuid, data: Value) -> sqlx::Result<()> {
    record_each(connection, kind, subject, vec![data]).await
}

/// Records several events of the same type about one user.
pub async fn record_each(
    connection: &mut PgConnection,
    kind: EventType,
    subject: Uuid,
    data: Vec<Value>,
) -> sqlx::Result<()> {
    if data.is_empty() {
        return Ok(());
    }
    sqlx::query("INSERT INTO users.events (type, subject, data) SELECT $1, $2, data FROM unnest($3::jsonb[]) data")
        .bind(kind.name())
        .bind(subject)
        .bind(data.into_iter().map(Json).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}
