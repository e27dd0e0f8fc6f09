//! Erases accounts, however many rows they have, in steps that hardly block other work.

use sqlx::PgPool;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use crate::base::database::{begin, with_retries};
use crate::base::sweep::BATCH;
use crate::domain::audit::log::Entry;
use crate::model::folding::fold;

/// Which accounts may be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasable {
    Any,
    /// Only an account whose address is not verified.
    Unverified,
}

/// Erases an account with everything that belongs to it, and records this in the audit log. A trigger queues its
/// picture for removal. Returns whether the account existed.
///
/// Sign-ins are revoked first, then follows and tokens are deleted in batches, and the account is deleted last. If the
/// process stops in between, the account is missing some of its follows, but all counts are right, and calling this
/// again continues. Follows and unfollows of the account wait for one batch at most. A million followers take about a
/// minute. An unverified account has few rows, which are deleted with it.
pub async fn erase(pool: &PgPool, user: Uuid, which: Erasable, entry: &Entry) -> sqlx::Result<bool> {
    if which == Erasable::Any {
        let end = "UPDATE users.sign_ins SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL";
        with_retries(|| sqlx::query(end).bind(user).execute(pool)).await?;
        clear(pool, user).await?;
    }
    with_retries(|| delete(pool, user, which, entry)).await
}

/// Deletes the follows and tokens of an account, so that deleting the account itself is a small step.
pub async fn clear(pool: &PgPool, user: Uuid) -> sqlx::Result<()> {
    // Batches follow the order of follows_followers_idx and follows_followees_idx, so that deleted index entries are
    // scanned once, not once per batch.
    let inbound = "
        WITH batch AS (
            SELECT follower_id, created_at FROM users.follows
            WHERE followee_id = $1 AND (created_at, follower_id) < ($2, $3)
            ORDER BY created_at DESC, follower_id DESC LIMIT $4 FOR UPDATE),
        deleted AS (
            DELETE FROM users.follows f USING batch b WHERE f.follower_id = b.follower_id AND f.followee_id = $1)
        SELECT created_at, follower_id FROM batch ORDER BY created_at, follower_id LIMIT 1";
    let outbound = "
        WITH batch AS (
            SELECT followee_id, created_at FROM users.follows
            WHERE follower_id = $1 AND (created_at, followee_id) < ($2, $3)
            ORDER BY created_at DESC, followee_id DESC LIMIT $4 FOR UPDATE),
        deleted AS (
            DELETE FROM users.follows f USING batch b WHERE f.followee_id = b.followee_id AND f.follower_id = $1)
        SELECT created_at, followee_id FROM batch ORDER BY created_at, followee_id LIMIT 1";
    for statement in [inbound, outbound] {
        let mut last = (OffsetDateTime::now_utc() + time::Duration::days(1), Uuid::max());
        loop {
            let batch = || {
                let statement = sqlx::query_as::<_, (OffsetDateTime, Uuid)>(statement).bind(user);
                statement.bind(last.0).bind(last.1).bind(BATCH).fetch_optional(pool)
            };
            match with_retries(batch).await? {
                Some(oldest) => last = oldest,
                None => break,
            }
        }
    }
    // Index: refresh_tokens_user_id_idx.
    let tokens = "DELETE FROM users.refresh_tokens WHERE token_hash IN (
                      SELECT token_hash FROM users.refresh_tokens WHERE user_id = $1 LIMIT $2)";
    while with_retries(|| sqlx::query(tokens).bind(user).bind(BATCH).execute(pool)).await?.rows_affected() > 0 {}
    Ok(())
}

/// Deletes the account's row and, by cascade, the rows added in the meantime.
async fn delete(pool: &PgPool, user: Uuid, which: Erasable, entry: &Entry) -> sqlx::Result<bool> {
    let mut transaction = begin(pool).await?;
    let statement = "DELETE FROM users.users WHERE id = $1 AND NOT (email_verified AND $2) RETURNING email";
    let erased: Option<String> = sqlx::query_scalar(statement)
        .bind(user)
        .bind(which == Erasable::Unverified)
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(email) = erased else { return Ok(false) };
    // The input of a failed form post is stored until its page is shown. Versions before migration 0016 stored it in
    // the session. Indexes: flashes_email_idx, sessions_flash_email_idx.
    for statement in [
        r#"DELETE FROM users.flashes WHERE lower((data #>> '{values,email}') COLLATE "C") = $1"#,
        r#"DELETE FROM users.sessions
           WHERE data ? 'flash' AND lower((data #>> '{flash,values,email}') COLLATE "C") = $1"#,
    ] {
        sqlx::query(statement).bind(fold(&email)).execute(&mut *transaction).await?;
    }
    entry.record(&mut transaction).await?;
    transaction.commit().await?;
    Ok(true)
}
