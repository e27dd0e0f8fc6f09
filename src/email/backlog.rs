//! The size and age of the outbox, for metrics.

use sqlx::PgPool;

/// The size and age of the outbox.
#[derive(Debug, sqlx::FromRow)]
pub struct Backlog {
    pub pending: i64,
    /// Seconds since the oldest pending mail was queued.
    pub oldest_age: f64,
    /// Seconds for which the most overdue mail has waited for a sender.
    pub overdue: f64,
    /// Mails that were given up.
    pub dead: i64,
}

/// Reads the backlog of the outbox.
pub async fn backlog(pool: &PgPool) -> sqlx::Result<Backlog> {
    sqlx::query_as(
        "SELECT count(*) FILTER (WHERE dead_at IS NULL) AS pending, count(dead_at) AS dead,
                coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE dead_at IS NULL)), 0)::float8
                AS oldest_age,
                greatest(extract(epoch FROM now() - min(coalesce(send_at, due_at)) FILTER (WHERE dead_at IS NULL)), 0)::float8
                AS overdue
         FROM users.email_outbox",
    )
    .fetch_one(pool)
    .await
}
