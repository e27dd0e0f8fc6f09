//! Erases accounts, however many rows they have, in steps that hardly block other work.

use std::collections::HashSet;

use serde_json::json;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::settings::SelfService;
use super::{claims, email_change, looks, username_holds};
use crate::base::database::pool::Pool;
use crate::base::database::{WITHOUT_FLUSH, begin, with_retries};
use crate::base::sweep::{Left, Pace, SweepGuard};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::audit::log::{Action, Actor, Entry};
use crate::domain::events::{self, EventType};
use crate::domain::graph::hiding;
use crate::domain::mail::notice;
use crate::domain::profiles::avatars;
use crate::domain::reports;
use crate::domain::sign_in;
use crate::domain::sign_in::revocation;
use crate::email::outbox;
use crate::model::folding::fold;

/// Rows per statement. Deleting this many follows, including their counts, takes a few milliseconds. A larger batch may
/// wait for the disk with its locks (`domain/graph/hiding.rs`).
const BATCH: i64 = 25;

/// Accounts per round.
const ACCOUNTS: usize = 1000;

/// An account is due: its grace period has passed, or its erasure was interrupted. A suspended account waits.
const DUE: &str = "deletes_at <= now() AND (suspended_at IS NULL OR erasing_at IS NOT NULL)";

/// Gives each account that is due a turn to be erased. Some wait for a notice. Index: `users_deletes_at_idx`.
pub async fn erase_due(pool: &Pool, settings: SelfService, guard: &mut SweepGuard) -> sqlx::Result<Left> {
    let due =
        format!("SELECT id, erasing_at IS NULL FROM users.users WHERE {DUE} ORDER BY deletes_at, id LIMIT {ACCOUNTS}");
    let due: Vec<(Uuid, bool)> = sqlx::query_as(AssertSqlSafe(due)).fetch_all(pool).await?;
    let may_be_more = due.len() == ACCOUNTS;
    let untouched: Vec<Uuid> = due.iter().filter(|(_, is_untouched)| *is_untouched).map(|(user, _)| *user).collect();
    let noticed = with_new_notice(pool, &untouched).await?;
    let mut left = Left::Nothing;
    for (user, _) in due {
        if noticed.contains(&user) {
            left = left.max(Left::Waiting);
            continue;
        }
        match erase_one(pool, user, settings, guard).await {
            Ok(true) if !may_be_more => {}
            Ok(_) => left = Left::Work,
            // The others must not wait for it.
            Err(error) => tracing::error!(%error, user_id = %user, "cannot erase an account, will retry"),
        }
        if guard.is_over() {
            break;
        }
    }
    Ok(left)
}

/// Returns those of the users that a notice is about to be sent to. An erasure deletes it, so it waits for a moment.
/// Index: `email_outbox_recipient_id_idx`.
async fn with_new_notice(pool: &Pool, users: &[Uuid]) -> sqlx::Result<HashSet<Uuid>> {
    let statement = "SELECT recipient_id FROM users.email_outbox
                     WHERE recipient_id = ANY($1) AND kind = $2 AND dead_at IS NULL
                       AND created_at > now() - interval '10 seconds'";
    let users: Vec<Uuid> = sqlx::query_scalar(statement).bind(users).bind(notice::KIND).fetch_all(pool).await?;
    Ok(users.into_iter().collect())
}

/// Returns whether the account is gone, or no longer due.
async fn erase_one(pool: &Pool, user: Uuid, settings: SelfService, guard: &mut SweepGuard) -> sqlx::Result<bool> {
    let entry = Entry::new(Actor::System, Action::AccountDeleted, user);
    // Otherwise, it was restored in the meantime.
    if with_retries(|| mark(pool, user, DUE, &entry)).await? {
        if !clear(pool, user, &mut Pace::turn(guard)).await? {
            return Ok(false);
        }
        if with_retries(|| finish(pool, user, settings)).await? {
            attempts::record(Attempt::Deletion, Outcome::Erased, Some(user));
        }
    }
    Ok(true)
}

/// Erases an account at once, with everything that belongs to it, and records this in the audit log. A trigger queues
/// its picture for removal. Returns whether the account existed.
///
/// No one can sign in to it or see it from the first step on. Follows and tokens are deleted in batches, and the
/// account is deleted last. If the process stops in between, all counts are right, and the next [`erase_due`]
/// continues. Follows and unfollows of the account wait for one batch at most. A million followers take about a minute.
pub async fn erase(pool: &Pool, user: Uuid, settings: SelfService, entry: &Entry) -> sqlx::Result<bool> {
    if !with_retries(|| mark(pool, user, "true", entry)).await? {
        return Ok(false);
    }
    clear(pool, user, &mut Pace::Unlimited).await?;
    with_retries(|| finish(pool, user, settings)).await
}

/// Begins the erasure of an account, which cannot be restored from then on, and records it in the audit log, once.
/// Returns whether there is an account for which `condition` holds.
async fn mark(pool: &Pool, user: Uuid, condition: &str, entry: &Entry) -> sqlx::Result<bool> {
    let mut transaction = begin(pool).await?;
    hiding::lock(&mut transaction, user).await?;
    let has_begun = format!("SELECT erasing_at IS NOT NULL FROM users.users WHERE id = $1 AND {condition}");
    let has_begun: Option<bool> =
        sqlx::query_scalar(AssertSqlSafe(has_begun)).bind(user).fetch_optional(&mut *transaction).await?;
    if has_begun == Some(false) {
        let mark = "UPDATE users.users SET erasing_at = now(), deletes_at = least(deletes_at, now()) WHERE id = $1";
        sqlx::query(mark).bind(user).execute(&mut *transaction).await?;
        hiding::hide(&mut transaction, user).await?;
        revocation::revoke_all(&mut transaction, user, None).await?;
        entry.record(&mut transaction).await?;
        transaction.commit().await?;
    }
    Ok(has_begun.is_some())
}

/// Deletes the rows that belong to an account, so that deleting the account itself is a small step. Returns false if
/// `pace` ended it before.
pub async fn clear(pool: &Pool, user: Uuid, pace: &mut Pace<'_>) -> sqlx::Result<bool> {
    for (is_hidden, is_followers) in [(false, true), (false, false), (true, true), (true, false)] {
        let batch = format!("users.delete_follows($1, {is_hidden}, {is_followers}, $2, $3, $4)");
        if !hiding::repeat(pool, user, &batch, BATCH, pace).await? {
            return Ok(false);
        }
    }
    loop {
        let batch = format!("SELECT users.delete_relations($1, $2) FROM (SELECT) one WHERE {WITHOUT_FLUSH}");
        let delete = || sqlx::query_scalar(AssertSqlSafe(batch.as_str())).bind(user).bind(BATCH).fetch_one(pool);
        let is_more: bool = with_retries(delete).await?;
        if !is_more {
            break;
        }
        if !pace.proceed().await? {
            return Ok(false);
        }
    }
    sign_in::erasure::clear(pool, user, pace).await
}

/// Deletes the account's row and, by cascade, its mails, its links and the rows added in the meantime. Its username is
/// held, so that no one else becomes the person that others knew.
async fn finish(pool: &Pool, user: Uuid, settings: SelfService) -> sqlx::Result<bool> {
    let mut transaction = begin(pool).await?;
    let Some(Deleted { email, username, .. }) = delete(&mut transaction, user, false).await? else { return Ok(false) };
    email_change::forget(&mut transaction, &fold(&email)).await?;
    username_holds::hold(&mut transaction, None, &username, settings).await?;
    looks::hold(&mut transaction, None, &username, None, settings.username_hold_days).await?;
    events::record(&mut transaction, EventType::UserDeleted, user, json!({ "id": user })).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Erases an account whose address is not verified, and records this in the audit log. Returns whether there was one.
/// Its username is free again.
pub async fn erase_unverified(pool: &Pool, user: Uuid, entry: &Entry) -> sqlx::Result<bool> {
    clear_unverified(pool, user).await?;
    let mut transaction = begin(pool).await?;
    let is_erased = delete_unverified(&mut transaction, user, entry).await?;
    transaction.commit().await?;
    Ok(is_erased)
}

/// Deletes the rows that belong to an account whose address is not verified: it can have followers, too.
pub async fn clear_unverified(pool: &Pool, user: Uuid) -> sqlx::Result<()> {
    let statement = "SELECT EXISTS (SELECT FROM users.users WHERE id = $1 AND NOT email_verified)";
    if sqlx::query_scalar(statement).bind(user).fetch_one(pool).await? {
        clear(pool, user, &mut Pace::Unlimited).await?;
    }
    Ok(())
}

/// Does the same as [`erase_unverified`] as part of another operation, after [`clear_unverified`].
pub async fn delete_unverified(connection: &mut PgConnection, user: Uuid, entry: &Entry) -> sqlx::Result<bool> {
    let is_erased = delete(connection, user, true).await?.is_some();
    if is_erased {
        entry.record(connection).await?;
        events::record(connection, EventType::UserDeleted, user, json!({ "id": user })).await?;
    }
    Ok(is_erased)
}

/// Deletes an account that was not verified within `days`, unless a mailed link still works or another transaction has
/// locked it. Returns whether it did.
pub async fn erase_never_verified(pool: &Pool, user: Uuid, days: i32) -> sqlx::Result<bool> {
    // Index: email_verifications_user_id_idx.
    let expired = "SELECT EXISTS (SELECT FROM users.followers f WHERE f.followee_id = $1) FROM users.users
                   WHERE id = $1 AND NOT email_verified AND created_at < now() - make_interval(days => $2)
                     AND NOT EXISTS (SELECT FROM users.email_verifications v
                                     WHERE v.user_id = $1 AND v.expires_at > now())";
    let is_followed: Option<bool> = sqlx::query_scalar(expired).bind(user).bind(days).fetch_optional(pool).await?;
    let Some(is_followed) = is_followed else { return Ok(false) };
    if is_followed {
        clear(pool, user, &mut Pace::Unlimited).await?;
    }
    let mut transaction = begin(pool).await?;
    let locked = "SELECT id FROM users.users
                  WHERE id = $1 AND NOT email_verified AND created_at < now() - make_interval(days => $2)
                    AND NOT EXISTS (SELECT FROM users.email_verifications v
                                    WHERE v.user_id = $1 AND v.expires_at > now())
                  FOR UPDATE SKIP LOCKED";
    let locked: Option<Uuid> =
        sqlx::query_scalar(locked).bind(user).bind(days).fetch_optional(&mut *transaction).await?;
    if locked.is_none() || delete(&mut transaction, user, true).await?.is_none() {
        return Ok(false);
    }
    events::record(&mut transaction, EventType::UserDeleted, user, json!({ "id": user })).await?;
    transaction.commit().await?;
    Ok(true)
}

#[derive(sqlx::FromRow)]
struct Deleted {
    email: String,
    username: String,
    avatar_url: Option<String>,
}

/// Deletes the account's row with everything that names it. On one machine, foreign keys and triggers delete some of
/// this, too: they also apply to accounts that are deleted by hand.
async fn delete(connection: &mut PgConnection, user: Uuid, only_unverified: bool) -> sqlx::Result<Option<Deleted>> {
    let statement = "SELECT email, username, avatar_url FROM users.users
                     WHERE id = $1 AND NOT (email_verified AND $2) FOR UPDATE";
    let deleted: Option<Deleted> =
        sqlx::query_as(statement).bind(user).bind(only_unverified).fetch_optional(&mut *connection).await?;
    let Some(deleted) = deleted else { return Ok(None) };
    for statement in [
        "SELECT users.forget_follows($1)",
        "SELECT users.delete_relations($1, 9223372036854775807)",
        "DELETE FROM users.users WHERE id = $1",
    ] {
        sqlx::query(statement).bind(user).execute(&mut *connection).await?;
    }
    claims::release(connection, user, &deleted.email, &deleted.username).await?;
    avatars::queue_removal(connection, user, deleted.avatar_url.as_deref()).await?;
    username_holds::forget(connection, user).await?;
    looks::forget(connection, user).await?;
    reports::forget(connection, user).await?;
    outbox::discard(connection, user).await?;
    // The input of a failed form post is stored until its page is shown. Versions before migration 0016 stored it in
    // the session. Indexes: flashes_email_idx, sessions_flash_email_idx.
    for statement in [
        r#"DELETE FROM users.flashes WHERE lower((data #>> '{values,email}') COLLATE "C") = $1"#,
        r#"DELETE FROM users.sessions
           WHERE data ? 'flash' AND lower((data #>> '{flash,values,email}') COLLATE "C") = $1"#,
    ] {
        sqlx::query(statement).bind(fold(&deleted.email)).execute(&mut *connection).await?;
    }
    Ok(Some(deleted))
}
