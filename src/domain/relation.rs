//! How people and the one who looks at them stand to each other, as a part of other queries.

use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::model::follow::Relation;

/// The columns that [`read`] reads, of `users.users u`, for the user whose id `viewer` is in the
/// statement, such as `$2`; null where nobody looks.
pub fn columns(viewer: &str) -> String {
    format!(
        "{viewer}::uuid IS NOT NULL AS viewed,
         EXISTS (SELECT FROM users.follows f WHERE f.follower_id = {viewer} AND f.followee_id = u.id) AS following,
         EXISTS (SELECT FROM users.follows f WHERE f.follower_id = u.id AND f.followee_id = {viewer}) AS followed_by"
    )
}

/// The relation in this row; `None` where nobody looks.
///
/// # Errors
/// When the columns are missing.
pub fn read(row: &PgRow) -> sqlx::Result<Option<Relation>> {
    let relation = Relation { following: row.try_get("following")?, followed_by: row.try_get("followed_by")? };
    Ok(row.try_get::<bool, _>("viewed")?.then_some(relation))
}
