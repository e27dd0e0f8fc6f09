//! The outbox: one row for each mail that is still to be sent.

use std::time::Duration;

use serde_json::Value;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection, PgExecutor};
use uuid::Uuid;

use super::request::Request;
use crate::base::database::pool::Pool;
use crate::base::sweep::{ExpiringRows, rows_by_id};

/// Dead letters that are more than a month old. Index: `email_outbox_dead_idx`.
pub const DEAD_LETTERS: ExpiringRows = rows_by_id!("dead letters", "users.email_outbox", "dead_at", 30);

/// When a row is due. Kinds other than verifications use the separate column `send_at`, since versions before migration
/// 0011 claim every row whose `due_at` has passed.
pub(super) const DUE: &str = "coalesce(send_at, due_at)";

/// The assignments that make a row due at `moment.due`, the result of [`moment`]. The time is not an expression in
/// them: a distributed database does not accept one inside of `CASE`.
const SET_DUE: &str = "due_at = CASE WHEN send_at IS NULL THEN moment.due ELSE due_at END,
                       send_at = CASE WHEN send_at IS NOT NULL THEN moment.due END";

/// A row with the time in `seconds`, a parameter.
fn moment(seconds: &str) -> String {
    format!("(SELECT now() + make_interval(secs => {seconds}) AS due) moment")
}

/// Queues a mail. Call it in the transaction that makes the mail necessary, so that both happen or neither, and wake
/// the worker (`Context::mail`) after the commit. The transaction must already have locked or inserted the recipient's
/// row in `users`.
pub async fn enqueue(connection: &mut PgConnection, request: Request) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO users.email_outbox (id, kind, verification_id, recipient_id, data, due_at, send_at)
         VALUES ($1, $2, $3, $4, $5,
                 CASE WHEN $3 IS NULL THEN 'infinity' ELSE now() END, CASE WHEN $3 IS NULL THEN now() END)",
    )
    .bind(Uuid::now_v7())
    .bind(request.kind)
    .bind(request.verification())
    .bind(request.recipient())
    .bind(request.data.map(Json))
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns whether a mail of this kind to the user is waiting to be sent. Index: `email_outbox_recipient_id_idx`.
pub async fn is_waiting(executor: impl PgExecutor<'_>, user: Uuid, kind: &str) -> sqlx::Result<bool> {
    let statement = "SELECT EXISTS (SELECT FROM users.email_outbox
                                    WHERE recipient_id = $1 AND kind = $2 AND dead_at IS NULL)";
    sqlx::query_scalar(statement).bind(user).bind(kind).fetch_one(executor).await
}

/// Discards all mails to a user whose row was deleted. Index: `email_outbox_recipient_id_idx`.
pub async fn discard(connection: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM users.email_outbox WHERE recipient_id = $1").bind(user).execute(connection).await?;
    Ok(())
}

/// Discards the mails of this kind to a user whose row is locked. Index: `email_outbox_recipient_id_idx`.
pub async fn discard_kind(connection: &mut PgConnection, user: Uuid, kind: &str) -> sqlx::Result<()> {
    let statement = "DELETE FROM users.email_outbox WHERE recipient_id = $1 AND kind = $2";
    sqlx::query(statement).bind(user).bind(kind).execute(connection).await?;
    Ok(())
}

/// A row that is reserved for one sender until its lease expires.
#[derive(Clone, Debug)]
pub struct Claim {
    pub id: Uuid,
    pub request: Request,
    /// Includes this attempt. A later attempt by another sender invalidates this claim.
    pub attempts: i32,
    /// Time since the last failure or, before the first attempt, since the mail was queued.
    pub since_failure: Duration,
}

/// The columns of a claimed row.
#[derive(sqlx::FromRow)]
struct ClaimedRow {
    id: Uuid,
    kind: String,
    verification_id: Option<Uuid>,
    recipient_id: Option<Uuid>,
    data: Option<Json<Value>>,
    attempts: i32,
    since_failure: f64,
}

impl ClaimedRow {
    fn claim(self, kinds: &[&'static str]) -> Option<Claim> {
        let data = self.data.map(|Json(data)| data);
        let request = Request::from_columns(kinds, &self.kind, self.verification_id, self.recipient_id, data)?;
        let since_failure = Duration::try_from_secs_f64(self.since_failure).unwrap_or_default();
        Some(Claim { id: self.id, request, attempts: self.attempts, since_failure })
    }
}

/// The rows that wait for the provider and are claimed before they are due.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waiting {
    /// Maximum number of rows.
    pub limit: usize,
    /// Only rows that failed at least this long ago.
    pub since: Duration,
}

/// Claims up to `limit` due rows of these kinds: first attempts before retries, so that a backlog does not keep new
/// users waiting, then the rows that match `waiting`. After `lease` a row is due again, unless its outcome is recorded
/// or its lease is renewed.
///
/// Reads only the first entries of `email_outbox_new_idx`, `email_outbox_again_idx` and `email_outbox_outage_idx`,
/// however many there are.
pub async fn claim(
    pool: &Pool,
    kinds: &[&'static str],
    limit: usize,
    waiting: Waiting,
    lease: Duration,
) -> sqlx::Result<Vec<Claim>> {
    let statement = format!(
        "WITH new AS (
             SELECT id FROM users.email_outbox
             WHERE dead_at IS NULL AND attempts = 0 AND {DUE} <= now() AND kind = ANY($2)
             ORDER BY {DUE} LIMIT $1 FOR UPDATE SKIP LOCKED),
         again AS (
             SELECT id FROM users.email_outbox
             WHERE dead_at IS NULL AND attempts > 0 AND {DUE} <= now() AND kind = ANY($2)
             ORDER BY {DUE} LIMIT $1 - (SELECT count(*) FROM new) FOR UPDATE SKIP LOCKED),
         waiting AS (
             SELECT id FROM users.email_outbox
             WHERE dead_at IS NULL AND outage_attempt = attempts AND failed_at <= now() - make_interval(secs => $5)
               AND kind = ANY($2)
             ORDER BY failed_at
             LIMIT least($4, $1 - (SELECT count(*) FROM new) - (SELECT count(*) FROM again)) FOR UPDATE SKIP LOCKED)
         UPDATE users.email_outbox SET attempts = attempts + 1, {SET_DUE} FROM {moment}
         WHERE id = ANY(ARRAY(SELECT id FROM new UNION SELECT id FROM again UNION SELECT id FROM waiting))
         RETURNING id, kind, verification_id, recipient_id, data, attempts,
                   extract(epoch FROM moment.due - coalesce(failed_at, created_at))::float8 - $3 AS since_failure",
        moment = moment("$3"),
    );
    let rows: Vec<ClaimedRow> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(bigint(limit))
        .bind(kinds)
        .bind(lease.as_secs_f64())
        .bind(bigint(waiting.limit))
        .bind(waiting.since.as_secs_f64())
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().filter_map(|row| row.claim(kinds)).collect())
}

/// Returns whether no one else has the row of `claim`, and it was queued less than `minutes` ago.
pub async fn is_claimed(executor: impl PgExecutor<'_>, claim: &Claim, minutes: Option<i32>) -> sqlx::Result<bool> {
    let statement = "SELECT EXISTS (
        SELECT FROM users.email_outbox
        WHERE id = $1 AND attempts = $2 AND ($3::int IS NULL OR created_at > now() - make_interval(mins => $3)))";
    let statement = sqlx::query_scalar(statement).bind(claim.id).bind(claim.attempts);
    statement.bind(minutes).fetch_one(executor).await
}

fn bigint(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Renews the leases of mails that are still being sent.
pub async fn renew(pool: &Pool, claims: &[Claim], lease: Duration) -> sqlx::Result<()> {
    let statement = format!(
        "UPDATE users.email_outbox o SET {SET_DUE} FROM unnest($1::uuid[], $2::int[]) c (id, attempts), {moment}
         WHERE o.id = c.id AND o.attempts = c.attempts AND o.dead_at IS NULL",
        moment = moment("$3"),
    );
    sqlx::query(AssertSqlSafe(statement))
        .bind(claims.iter().map(|claim| claim.id).collect::<Vec<_>>())
        .bind(claims.iter().map(|claim| claim.attempts).collect::<Vec<_>>())
        .bind(lease.as_secs_f64())
        .execute(pool)
        .await?;
    Ok(())
}

/// Deletes the row of a mail that was sent or is no longer needed.
pub async fn finish(pool: &Pool, claim: &Claim) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM users.email_outbox WHERE id = $1 AND attempts = $2")
        .bind(claim.id)
        .bind(claim.attempts)
        .execute(pool)
        .await?;
    Ok(())
}

/// Delays the next attempt by `delay` and records the error. With `during_outage`, the row is due as soon as another
/// mail gets through.
pub async fn reschedule(
    pool: &Pool,
    claim: &Claim,
    delay: Duration,
    error: &str,
    during_outage: bool,
) -> sqlx::Result<()> {
    let statement = format!(
        "UPDATE users.email_outbox
         SET last_error = $4, failed_at = now(), outage_attempt = CASE WHEN $5 THEN attempts END, {SET_DUE} FROM {moment}
         WHERE id = $1 AND attempts = $2",
        moment = moment("$3"),
    );
    sqlx::query(AssertSqlSafe(statement))
        .bind(claim.id)
        .bind(claim.attempts)
        .bind(delay.as_secs_f64())
        .bind(error)
        .bind(during_outage)
        .execute(pool)
        .await?;
    Ok(())
}

/// Marks the mail as a dead letter. The row stays visible to operators, with the last error if there is no new one.
pub async fn mark_dead(pool: &Pool, claim: &Claim, error: Option<&str>) -> sqlx::Result<()> {
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
