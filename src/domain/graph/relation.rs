//! The relation between a user and the viewer, as a fragment of other queries.

use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::model::graph::Relation;

/// The columns that [`read`] reads: how `users.users u` relates to the viewer `$1`, which is null without a viewer.
/// `OFFSET 0` makes the planner look up each pair (`follows_pkey`) instead of hashing all follows of a popular viewer.
pub const RELATION: &str = "$1::uuid IS NOT NULL AS viewed,
    EXISTS (SELECT FROM users.follows f WHERE f.follower_id = $1 AND f.followee_id = u.id OFFSET 0) AS following,
    EXISTS (SELECT FROM users.follows f WHERE f.follower_id = u.id AND f.followee_id = $1 OFFSET 0) AS followed_by";

/// Returns the relation in this row, or `None` without a viewer.
pub fn read(row: &PgRow) -> sqlx::Result<Option<Relation>> {
    let relation = Relation { following: row.try_get("following")?, followed_by: row.try_get("followed_by")? };
    Ok(row.try_get::<bool, _>("viewed")?.then_some(relation))
}
