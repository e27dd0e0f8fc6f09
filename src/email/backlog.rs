//! The size and age of the outbox, for metrics.

use sqlx::AssertSqlSafe;

use super::outbox::DUE;
use crate::base::database::pool::Pool;

/// More mails are counted as this many, so that each scrape of the metrics takes milliseconds.
pub const MAX_COUNTED: i64 = 100_000;

/// The size and age of the outbox.
#[derive(Debug, sqlx::FromRow)]
pub struct Backlog {
    /// At most [`MAX_COUNTED`].
    pub pending: i64,
    /// Seconds since the oldest pending mail was queued.
    pub oldest_age: f64,
    /// Seconds for which the most overdue mail has waited for a sender.
    pub overdue: f64,
    /// Mails that were given up, at most [`MAX_COUNTED`].
    pub dead: i64,
}

/// Reads the backlog of the outbox. Indexes: `email_outbox_pending_idx` and `email_outbox_dead_idx`, of which it reads
/// at most [`MAX_COUNTED`] entries, and the first entries of `email_outbox_new_idx` and `email_outbox_again_idx`.
pub async fn backlog(pool: &Pool) -> sqlx::Result<Backlog> {
    let statement = format!(
        "SELECT (SELECT count(*) FROM (SELECT created_at FROM users.email_outbox WHERE dead_at IS NULL
                                       ORDER BY created_at LIMIT $1) pending) AS pending,
                (SELECT count(*) FROM (SELECT dead_at FROM users.email_outbox WHERE dead_at IS NOT NULL
                                       ORDER BY dead_at LIMIT $1) given_up) AS dead,
                coalesce(extract(epoch FROM now() - (
                    SELECT min(created_at) FROM users.email_outbox WHERE dead_at IS NULL)), 0)::float8 AS oldest_age,
                greatest(extract(epoch FROM now() - least(
                    (SELECT min({DUE}) FROM users.email_outbox WHERE dead_at IS NULL AND attempts = 0),
                    (SELECT min({DUE}) FROM users.email_outbox WHERE dead_at IS NULL AND attempts > 0))), 0)::float8
                AS overdue"
    );
    sqlx::query_as(AssertSqlSafe(statement)).bind(MAX_COUNTED).fetch_one(pool).await
}
