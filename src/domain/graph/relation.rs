//! The relation between a user and the viewer.

use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::base::database::pool::Pool;
use crate::model::graph::Relation;

/// Returns how `user` relates to `viewer`: no viewer has no relation. Returns `None` if the user blocks the viewer:
/// they find no such user. Indexes: `follows_pkey`, `relations_pkey`.
pub async fn find(pool: &Pool, viewer: Option<Uuid>, user: Uuid) -> sqlx::Result<Option<Option<Relation>>> {
    let Some(viewer) = viewer else { return Ok(Some(None)) };
    let statement = "
        SELECT true AS viewed,
               EXISTS (SELECT FROM users.follows f WHERE f.follower_id = $1 AND f.followee_id = $2) AS following,
               EXISTS (SELECT FROM users.followers f WHERE f.followee_id = $1 AND f.follower_id = $2) AS followed_by,
               ARRAY(SELECT r.kind FROM users.valid_relations r
                     WHERE r.user_id = $1 AND r.other_id = $2) AS relations,
               EXISTS (SELECT FROM users.unseen s
                       WHERE s.viewer_id = $1 AND s.user_id = $2 AND s.is_missing) AS is_missing";
    let row = sqlx::query(statement).bind(viewer).bind(user).fetch_one(pool).await?;
    Ok(if row.try_get("is_missing")? { None } else { Some(read(&row)?) })
}

/// Returns the relation in a row of people, or `None` without a viewer.
pub fn read(row: &PgRow) -> sqlx::Result<Option<Relation>> {
    if !row.try_get("viewed")? {
        return Ok(None);
    }
    let relations: Vec<String> = row.try_get("relations")?;
    let has = |kind: &str| relations.iter().any(|relation| relation == kind);
    Ok(Some(Relation {
        following: row.try_get("following")?,
        followed_by: row.try_get("followed_by")?,
        requested: has("requests"),
        blocking: has("blocks"),
        muting: has("mutes"),
    }))
}
