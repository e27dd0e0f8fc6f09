//! How people and the one who looks at them stand to each other, as a part of other queries.

use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::model::graph::Relation;

/// The columns that [`read`] reads, of `users.users u` as `$1` sees them, which is null where nobody looks.
/// `OFFSET 0` has the planner look up each pair instead of reading all that a popular viewer has into a hash
/// table.
pub const RELATION: &str = "$1::uuid IS NOT NULL AS viewed,
    EXISTS (SELECT FROM users.follows f WHERE f.follower_id = $1 AND f.followee_id = u.id OFFSET 0) AS following,
    EXISTS (SELECT FROM users.follows f WHERE f.follower_id = u.id AND f.followee_id = $1 OFFSET 0) AS followed_by";

/// The relation in this row; `None` where nobody looks.
///
/// # Errors
/// When the columns are missing.
pub fn read(row: &PgRow) -> sqlx::Result<Option<Relation>> {
    let relation = Relation { following: row.try_get("following")?, followed_by: row.try_get("followed_by")? };
    Ok(row.try_get::<bool, _>("viewed")?.then_some(relation))
}
