//! The relation between a user and the viewer.

use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::base::database::pool::Pool;
use crate::model::graph::Relation;

/// Returns how `user` relates to `viewer`, or `None` without a viewer. Index: `follows_pkey`.
pub async fn find(pool: &Pool, viewer: Option<Uuid>, user: Uuid) -> sqlx::Result<Option<Relation>> {
    let Some(viewer) = viewer else { return Ok(None) };
    let statement = "
        SELECT EXISTS (SELECT FROM users.follows f WHERE f.follower_id = $1 AND f.followee_id = $2),
               EXISTS (SELECT FROM users.followers f WHERE f.followee_id = $1 AND f.follower_id = $2)";
    let (following, followed_by) = sqlx::query_as(statement).bind(viewer).bind(user).fetch_one(pool).await?;
    Ok(Some(Relation { following, followed_by }))
}

/// Returns the relation in a row of people, or `None` without a viewer.
pub fn read(row: &PgRow) -> sqlx::Result<Option<Relation>> {
    let relation = Relation { following: row.try_get("following")?, followed_by: row.try_get("followed_by")? };
    Ok(row.try_get::<bool, _>("viewed")?.then_some(relation))
}
