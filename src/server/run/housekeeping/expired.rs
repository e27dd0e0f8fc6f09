//! Rows that have expired, found by time.

use sqlx::types::time::OffsetDateTime;
use sqlx::{Connection as _, PgPool, query_as, query_scalar};
use uuid::Uuid;

use super::Pace;
use crate::base::database::retried;
use crate::domain::accounts::erasure;
use crate::domain::accounts::erasure::BATCH;

/// Where a batch ends: the next begins after it, whatever became of its rows.
type Place = (OffsetDateTime, Vec<u8>);

/// A kind of rows.
pub struct Table {
    pub name: &'static str,
    /// Selects time and key of the rows after the place ($1, $2), in their order, at most $3; $4 is
    /// [`Self::days`].
    select: &'static str,
    /// Deletes those of the keys $1 that still are to go ($2 is [`Self::days`]) and are not locked.
    delete: &'static str,
    days: i32,
    /// Whether the keys are accounts, which others may follow.
    accounts: bool,
}

/// What is swept. Each order is that of an index.
pub fn tables(unverified_days: u32) -> [Table; 6] {
    [
        Table {
            name: "page sessions",
            select: "SELECT expires_at, id_hash FROM users.sessions
                     WHERE expires_at < now() AND (expires_at, id_hash) > ($1, $2) AND $4 = 0
                     ORDER BY expires_at, id_hash LIMIT $3",
            delete: "DELETE FROM users.sessions WHERE id_hash IN (
                         SELECT id_hash FROM users.sessions
                         WHERE id_hash = ANY($1) AND expires_at < now() AND $2 = 0 FOR UPDATE SKIP LOCKED)",
            days: 0,
            accounts: false,
        },
        Table {
            name: "outcomes of forms",
            select: "SELECT expires_at, id_hash FROM users.flashes
                     WHERE expires_at < now() AND (expires_at, id_hash) > ($1, $2) AND $4 = 0
                     ORDER BY expires_at, id_hash LIMIT $3",
            delete: "DELETE FROM users.flashes WHERE id_hash IN (
                         SELECT id_hash FROM users.flashes
                         WHERE id_hash = ANY($1) AND expires_at < now() AND $2 = 0 FOR UPDATE SKIP LOCKED)",
            days: 0,
            accounts: false,
        },
        // Spent tokens stay until they would have expired: until then their reuse ends the sign-in.
        Table {
            name: "refresh tokens",
            select: "SELECT expires_at, token_hash FROM users.refresh_tokens
                     WHERE expires_at < now() AND (expires_at, token_hash) > ($1, $2) AND $4 = 0
                     ORDER BY expires_at, token_hash LIMIT $3",
            delete: "WITH expired AS (
                         DELETE FROM users.refresh_tokens WHERE token_hash IN (
                             SELECT token_hash FROM users.refresh_tokens
                             WHERE token_hash = ANY($1) AND expires_at < now() AND $2 = 0 FOR UPDATE SKIP LOCKED)
                         RETURNING family_id)
                     DELETE FROM users.sign_ins f WHERE f.id IN (SELECT family_id FROM expired)
                         AND NOT EXISTS (SELECT FROM users.refresh_tokens t
                                         WHERE t.family_id = f.id AND t.expires_at > now())",
            days: 0,
            accounts: false,
        },
        Table {
            name: "one-time tokens",
            select: "SELECT expires_at, uuid_send(id) FROM users.one_time_tokens
                     WHERE expires_at < now() - make_interval(days => $4)
                         AND (expires_at, id) > ($1, encode($2, 'hex')::uuid)
                     ORDER BY expires_at, id LIMIT $3",
            delete: "DELETE FROM users.one_time_tokens WHERE id IN (
                         SELECT id FROM users.one_time_tokens
                         WHERE id = ANY(SELECT encode(key, 'hex')::uuid FROM unnest($1::bytea[]) key)
                             AND expires_at < now() - make_interval(days => $2) FOR UPDATE SKIP LOCKED)",
            days: 1,
            accounts: false,
        },
        Table {
            name: "mails that were given up",
            select: "SELECT dead_at, uuid_send(id) FROM users.email_outbox
                     WHERE dead_at < now() - make_interval(days => $4)
                         AND (dead_at, id) > ($1, encode($2, 'hex')::uuid)
                     ORDER BY dead_at, id LIMIT $3",
            delete: "DELETE FROM users.email_outbox WHERE id IN (
                         SELECT id FROM users.email_outbox
                         WHERE id = ANY(SELECT encode(key, 'hex')::uuid FROM unnest($1::bytea[]) key)
                             AND dead_at < now() - make_interval(days => $2) FOR UPDATE SKIP LOCKED)",
            days: 30,
            accounts: false,
        },
        Table {
            name: "accounts that were never verified",
            select: "SELECT created_at, uuid_send(id) FROM users.users
                     WHERE NOT email_verified AND created_at < now() - make_interval(days => $4)
                         AND NOT EXISTS (SELECT FROM users.email_verifications v
                                         WHERE v.user_id = users.id AND v.expires_at > now())
                         AND (created_at, id) > ($1, encode($2, 'hex')::uuid)
                     ORDER BY created_at, id LIMIT $3",
            delete: "DELETE FROM users.users WHERE id IN (
                         SELECT id FROM users.users
                         WHERE id = ANY(SELECT encode(key, 'hex')::uuid FROM unnest($1::bytea[]) key)
                             AND NOT email_verified AND created_at < now() - make_interval(days => $2)
                             AND NOT EXISTS (SELECT FROM users.email_verifications v
                                             WHERE v.user_id = users.id AND v.expires_at > now())
                         FOR UPDATE SKIP LOCKED)",
            days: unverified_days.cast_signed(),
            accounts: true,
        },
    ]
}

impl Table {
    /// Deletes batch by batch what is to go, from the oldest on.
    pub async fn sweep(&self, pool: &PgPool, pace: &mut Pace) -> sqlx::Result<()> {
        let mut after: Place = (OffsetDateTime::UNIX_EPOCH, vec![0; 16]);
        let mut deleted = 0;
        loop {
            let batch: Vec<Place> =
                query_as(self.select).bind(after.0).bind(&after.1).bind(BATCH).bind(self.days).fetch_all(pool).await?;
            let Some(last) = batch.last() else { break };
            after = last.clone();
            let keys: Vec<Vec<u8>> = batch.into_iter().map(|(_, key)| key).collect();
            deleted += self.delete_all(pool, &keys).await;
            if !pace.go_on().await? {
                break;
            }
        }
        if deleted > 0 {
            tracing::info!(what = self.name, deleted, "swept");
        }
        Ok(())
    }

    /// Deletes the rows, one by one where they do not go together. Returns how many are gone.
    async fn delete_all(&self, pool: &PgPool, keys: &[Vec<u8>]) -> u64 {
        match self.delete(pool, keys).await {
            Ok(deleted) => return deleted,
            Err(error) => tracing::warn!(%error, what = self.name, "a batch was not deleted: row by row"),
        }
        let mut deleted = 0;
        for key in keys {
            match self.delete(pool, std::slice::from_ref(key)).await {
                Ok(done) => deleted += done,
                Err(error) => tracing::error!(%error, what = self.name, "a row cannot be deleted"),
            }
        }
        deleted
    }

    async fn delete(&self, pool: &PgPool, keys: &[Vec<u8>]) -> sqlx::Result<u64> {
        if self.accounts {
            for followed in followed(pool, keys).await? {
                erasure::clear(pool, followed).await?;
            }
        }
        let delete = || async {
            let mut connection = pool.acquire().await?;
            let deleted = sqlx::query(self.delete).bind(keys).bind(self.days).execute(&mut *connection).await;
            if deleted.is_err() {
                // PostgreSQL tells an error before it has rolled back: until then the rows are locked, and another
                // connection would pass them over.
                drop(connection.ping().await);
            }
            deleted
        };
        Ok(retried(delete).await?.rows_affected())
    }
}

/// Those of the accounts that have followers, whose follows are deleted in batches of their own.
async fn followed(pool: &PgPool, keys: &[Vec<u8>]) -> sqlx::Result<Vec<Uuid>> {
    let statement = "SELECT id FROM (SELECT encode(key, 'hex')::uuid AS id FROM unnest($1::bytea[]) key) account
                     WHERE EXISTS (SELECT FROM users.follows f WHERE f.followee_id = account.id)";
    query_scalar(statement).bind(keys).fetch_all(pool).await
}
