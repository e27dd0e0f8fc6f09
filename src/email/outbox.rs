//! The rows behind the mail: one for each that is still to be sent.

use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use uuid::Uuid;

use super::request::Request;

/// When a row is due. Other kinds than verifications keep it in a column of their own, since versions before
/// migration 0011 claim whatever `due_at` lets them.
const DUE: &str = "coalesce(send_at, due_at)";

/// Makes a row due at the time that `moment` tells in SQL.
fn set_due(moment: &str) -> String {
    format!(
        "due_at = CASE WHEN send_at IS NULL THEN {moment} ELSE due_at END,
         send_at = CASE WHEN send_at IS NOT NULL THEN {moment} END"
    )
}

/// Asks for a mail. Call it inside the transaction that makes the mail necessary, so that both happen or
/// neither, and wake the worker (`AppState::mail`) after the commit. The recipient's row in `users` has to be
/// locked or inserted by that transaction before.
///
/// # Errors
/// Faults of the database.
pub async fn enqueue(connection: &mut PgConnection, request: Request) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO users.email_outbox (id, kind, verification_id, recipient_id, due_at, send_at)
         VALUES ($1, $2, $3, $4, CASE WHEN $3 IS NULL THEN 'infinity' ELSE now() END, CASE WHEN $3 IS NULL THEN now() END)",
    )
    .bind(Uuid::now_v7())
    .bind(request.kind())
    .bind(request.verification())
    .bind(request.recipient())
    .execute(connection)
    .await?;
    Ok(())
}

/// A row that one sender has for itself until its lease ends.
#[derive(Clone, Debug)]
pub struct Claim {
    pub id: Uuid,
    pub request: Request,
    /// Counts this attempt too. A later attempt by another sender makes this claim void.
    pub attempts: i32,
}

/// The columns of a claimed row.
#[derive(sqlx::FromRow)]
struct ClaimedRow {
    id: Uuid,
    kind: String,
    verification_id: Option<Uuid>,
    recipient_id: Option<Uuid>,
    attempts: i32,
}

impl ClaimedRow {
    fn claim(self) -> Option<Claim> {
        let request = Request::from_columns(&self.kind, self.verification_id, self.recipient_id)?;
        Some(Claim { id: self.id, request, attempts: self.attempts })
    }
}

/// Takes up to `limit` rows that are due: first attempts before repeated ones, so that a backlog does not keep
/// new users waiting. After `lease` a row is due again, unless it is settled or its lease renewed.
///
/// Reads the first entries of `email_outbox_new_idx` and `email_outbox_again_idx`, however many are due.
///
/// # Errors
/// Faults of the database.
pub async fn claim(pool: &PgPool, limit: usize, lease: Duration) -> sqlx::Result<Vec<Claim>> {
    let statement = format!(
        "WITH new AS (
             SELECT id FROM users.email_outbox
             WHERE dead_at IS NULL AND attempts = 0 AND {DUE} <= now() AND kind = ANY($3)
             ORDER BY {DUE} LIMIT $1 FOR UPDATE SKIP LOCKED),
         again AS (
             SELECT id FROM users.email_outbox
             WHERE dead_at IS NULL AND attempts > 0 AND {DUE} <= now() AND kind = ANY($3)
             ORDER BY {DUE} LIMIT $1 - (SELECT count(*) FROM new) FOR UPDATE SKIP LOCKED)
         UPDATE users.email_outbox SET attempts = attempts + 1, {due}
         WHERE id = ANY(ARRAY(SELECT id FROM new UNION ALL SELECT id FROM again))
         RETURNING id, kind, verification_id, recipient_id, attempts",
        due = set_due("now() + make_interval(secs => $2)"),
    );
    let rows: Vec<ClaimedRow> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(lease.as_secs_f64())
        .bind(&Request::KINDS[..])
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().filter_map(ClaimedRow::claim).collect())
}

/// The mail is sent, or needless: deletes the row.
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
    let statement = format!(
        "UPDATE users.email_outbox SET last_error = $4, {due} WHERE id = $1 AND attempts = $2",
        due = set_due("now() + make_interval(secs => $3)"),
    );
    sqlx::query(AssertSqlSafe(statement))
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
