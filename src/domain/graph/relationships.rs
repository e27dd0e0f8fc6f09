//! How a user and others relate, for many others at once.

use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use super::people;
use crate::base::database::pool::Pool;
use crate::model::error::ApiError;
use crate::model::graph::{FamiliarFollowers, Relation, Relationship};
use crate::model::id::UserId;

/// Familiar followers are drawn from the newest followees of the viewer, at most this many: the most that a user with
/// few followers can have.
const SAMPLE: i64 = 7_500;
/// Familiar followers that are returned.
const SHOWN: i64 = 12;

/// Who asks for relationships.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The user. For them, there is no user who blocks them.
    User,
    /// Another service, which keeps content of both from the other.
    Service,
}

/// Returns how `user` and each of `ids` relate, in the order of the ids, in one call. Unknown ids are marked.
/// Indexes: `follows_pkey`, `relations_pkey`, `users_pkey`.
///
/// # Errors
/// If the database fails.
pub async fn list(pool: &Pool, user: UserId, ids: &[Uuid], audience: Audience) -> Result<Vec<Relationship>, ApiError> {
    let statement = "SELECT id, is_user, following, followed_by, relations, muted_until
                     FROM users.relationships($1, $2)";
    let rows: Vec<Relationship> = sqlx::query_as(statement).bind(user.0).bind(ids).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|row| row.for_audience(audience)).collect())
}

impl<'r> FromRow<'r, PgRow> for Relationship {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        let relations: Vec<String> = row.try_get("relations")?;
        let has = |kind: &str| relations.iter().any(|relation| relation == kind);
        Ok(Self {
            id: UserId(row.try_get("id")?),
            found: row.try_get("is_user")?,
            relation: Relation {
                following: row.try_get("following")?,
                followed_by: row.try_get("followed_by")?,
                requested: has("requests"),
                blocking: has("blocks"),
                muting: has("mutes"),
            },
            requested_by: has("requested_by"),
            muting_expires_at: row.try_get("muted_until")?,
            blocked_by: Some(has("blocked_by")),
        })
    }
}

impl Relationship {
    /// What `audience` learns of it. What a user has done to someone that they do not find is left out, too: it would
    /// tell a user who is blocked from one who is missing.
    fn for_audience(self, audience: Audience) -> Self {
        let is_found = self.found && (audience == Audience::Service || self.blocked_by != Some(true));
        let blocked_by = self.blocked_by.filter(|_| audience == Audience::Service);
        if is_found {
            return Self { blocked_by, ..self };
        }
        Self {
            id: self.id,
            found: false,
            relation: Relation::default(),
            requested_by: false,
            muting_expires_at: None,
            blocked_by: blocked_by.map(|_| false),
        }
    }
}

/// Returns the followers of `user` that `viewer` follows, too. Indexes: `follows_followees_idx`, `follows_pkey`.
///
/// # Errors
/// `USER_NOT_FOUND`; `FORBIDDEN` if the viewer may not see the followers.
pub async fn familiar_followers(pool: &Pool, viewer: UserId, user: UserId) -> Result<FamiliarFollowers, ApiError> {
    let statement = "SELECT coalesce(ids, '{}'), total FROM users.familiar_followers($1, $2, $3, $4)";
    let (ids, total): (Vec<Uuid>, Option<i64>) =
        sqlx::query_as(statement).bind(viewer.0).bind(user.0).bind(SAMPLE).bind(SHOWN).fetch_one(pool).await?;
    let Some(total) = total else {
        people::check_access(pool, user, Some(viewer)).await?;
        return Ok(FamiliarFollowers { items: Vec::new(), total: 0 });
    };
    let mut people = people::fetch(pool, viewer, &ids).await?;
    people.sort_by_key(|person| ids.iter().position(|id| *id == person.user.id.0));
    Ok(FamiliarFollowers { items: people, total })
}
