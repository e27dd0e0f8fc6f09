//! Mutes and declined requests that have expired.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use uuid::Uuid;

use crate::base::database::pool::Pool;
use crate::base::sweep::{Delete, ExpiringRows};

/// Nothing shows them any more. Index: `relations_expires_at_idx`.
pub const EXPIRED: ExpiringRows = ExpiringRows {
    name: "mutes and declined requests",
    select: "SELECT expires_at, uuid_send(user_id) || uuid_send(other_id) AS pair FROM users.relations
             WHERE expires_at < now() AND (expires_at, uuid_send(user_id) || uuid_send(other_id)) > ($1, $2) AND $4 = 0
             ORDER BY expires_at, pair LIMIT $3",
    delete: Delete::OneByOne(forget),
    days: 0,
};

fn forget<'a>(pool: &'a Pool, pairs: &'a [Vec<u8>], _days: i32) -> BoxFuture<'a, sqlx::Result<u64>> {
    async move {
        let mut forgotten = 0;
        for pair in pairs {
            let (user, other) = pair.split_at(pair.len().min(16));
            let id = |bytes| Uuid::from_slice(bytes).map_err(|error| sqlx::Error::Decode(error.into()));
            let statement = sqlx::query_scalar("SELECT users.forget_expired($1, $2)").bind(id(user)?).bind(id(other)?);
            let rows: i64 = statement.fetch_one(pool).await?;
            forgotten += rows.unsigned_abs();
        }
        Ok(forgotten)
    }
    .boxed()
}
