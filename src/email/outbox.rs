//! The rows behind the mail: one for each that is still to be sent.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Asks for the mail that belongs to a row of `email_verifications`. Called inside the transaction
/// that creates that row, so there is never one without the other.
///
/// # Errors
/// Faults of the database.
pub async fn enqueue(connection: &mut PgConnection, verification: Uuid) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO users.email_outbox (id, verification_id) VALUES ($1, $2)")
        .bind(Uuid::now_v7())
        .bind(verification)
        .execute(connection)
        .await?;
    Ok(())
}

/// What lies in the outbox, for the metrics.
#[derive(Debug, sqlx::FromRow)]
pub struct Backlog {
    pub pending: i64,
    /// Seconds since the oldest pending mail was asked for.
    pub oldest_age: f64,
    /// Mails that were given up.
    pub dead: i64,
}

/// How much is still to be sent.
///
/// # Errors
/// Faults of the database.
pub async fn backlog(pool: &PgPool) -> sqlx::Result<Backlog> {
    sqlx::query_as(
        "SELECT count(*) FILTER (WHERE dead_at IS NULL) AS pending, count(dead_at) AS dead,
                coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE dead_at IS NULL)), 0)::float8
                AS oldest_age
         FROM users.email_outbox",
    )
    .fetch_one(pool)
    .await
}

/// A row that one sender has for itself until its lease ends.
#[derive(sqlx::FromRow)]
pub struct Claim {
    pub id: Uuid,
    pub verification_id: Uuid,
    /// Counts this attempt too. A later attempt by somebody else makes this claim void.
    pub attempts: i32,
}

/// Whom a mail goes to.
#[derive(sqlx::FromRow)]
pub struct Recipient {
    pub email: String,
    pub username: String,
}

/// Takes the next row that is due, first attempts before repeated ones, so that a backlog does not
/// keep a newcomer waiting. After `lease` the row is due again, should nothing more be heard.
///
/// # Errors
/// Faults of the database.
pub async fn claim(pool: &PgPool, lease: Duration) -> sqlx::Result<Option<Claim>> {
    sqlx::query_as(
        "UPDATE users.email_outbox SET attempts = attempts + 1, due_at = now() + make_interval(secs => $1)
         WHERE id = (SELECT id FROM users.email_outbox
                     WHERE dead_at IS NULL AND due_at <= now()
                     ORDER BY attempts > 0, due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, verification_id, attempts",
    )
    .bind(lease.as_secs_f64())
    .fetch_optional(pool)
    .await
}

/// Makes `token_hash` the one that verifies the address. `None` when the address is verified, or the
/// time for it is over.
///
/// # Errors
/// Faults of the database.
pub async fn set_token(pool: &PgPool, claim: &Claim, token_hash: &[u8]) -> sqlx::Result<Option<Recipient>> {
    sqlx::query_as(
        "UPDATE users.email_verifications v SET token_hash = $2 FROM users.users u
         WHERE v.id = $1 AND u.id = v.user_id AND NOT u.email_verified AND v.used_at IS NULL AND v.expires_at > now()
         RETURNING u.email, u.username",
    )
    .bind(claim.verification_id)
    .bind(token_hash)
    .fetch_optional(pool)
    .await
}

/// Whether somebody still waits for this mail, although it is too late for its link.
///
/// # Errors
/// Faults of the database.
pub async fn is_late(pool: &PgPool, claim: &Claim) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM users.email_verifications v JOIN users.users u ON u.id = v.user_id
                        WHERE v.id = $1 AND v.used_at IS NULL AND NOT u.email_verified)",
    )
    .bind(claim.verification_id)
    .fetch_one(pool)
    .await
}

/// The mail is sent, or needless: forgets the row.
///
/// # Errors
/// Faults of the database.
pub async fn finish(pool: &PgPool, claim: &Claim) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM users.email_outbox WHERE id = $1 AND attempts = $2")
        .bind(claim.id)
        .bind(claim.attempts)
        .execute(pool)
        .await?;
    Ok(())
}

/// Puts the next attempt off by `delay`, and notes why.
///
/// # Errors
/// Faults of the database.
pub async fn put_off(pool: &PgPool, claim: &Claim, delay: Duration, error: &str) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE users.email_outbox SET due_at = now() + make_interval(secs => $3), last_error = $4
         WHERE id = $1 AND attempts = $2",
    )
    .bind(claim.id)
    .bind(claim.attempts)
    .bind(delay.as_secs_f64())
    .bind(error)
    .execute(pool)
    .await?;
    Ok(())
}

/// Gives the row up; it stays for the operator to see, with the last error if there is no new one.
///
/// # Errors
/// Faults of the database.
pub async fn give_up(pool: &PgPool, claim: &Claim, error: Option<&str>) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE users.email_outbox SET dead_at = now(), last_error = coalesce($3, last_error)
         WHERE id = $1 AND attempts = $2",
    )
    .bind(claim.id)
    .bind(claim.attempts)
    .bind(error)
    .execute(pool)
    .await?;
    Ok(())
}
