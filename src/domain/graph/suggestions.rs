//! Users that a user may want to follow, computed at most once a day.

use std::collections::HashMap;

use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use super::people;
use super::timeline;
use crate::base::database::Database;
use crate::base::database::pool::Pool;
use crate::base::sweep::{Delete, ExpiringRows};
use crate::model::graph::{Person, Suggestion};
use crate::model::id::UserId;

/// Suggestions are drawn from the newest followees, at most this many, of each of the user's newest followees, at most
/// this many: at most 10,000 index entries, however many follows there are.
const SAMPLE: i64 = 100;
/// Suggestions that are stored. The user will follow some of them, and some may be hidden, before the next day.
const STORED: i64 = 60;
const SECTION_SIZE: usize = timeline::SECTION_SIZE as usize;

/// Suggestions that are more than a day old: they are not shown any more. Index: `suggestions_computed_at_idx`.
pub const EXPIRED: ExpiringRows = ExpiringRows {
    name: "suggestions",
    select: "SELECT computed_at, uuid_send(user_id) FROM users.suggestions
             WHERE computed_at < now() - make_interval(days => $4)
                 AND (computed_at, user_id) > ($1, encode($2, 'hex')::uuid)
             ORDER BY computed_at, user_id LIMIT $3",
    delete: Delete::ById(
        "DELETE FROM users.suggestions WHERE user_id = ANY($1) AND computed_at < now() - make_interval(days => $2)",
    ),
    days: 1,
};

/// Returns the users that the largest numbers of the user's followees follow, without those that the user already
/// follows. Ties are broken by id.
///
/// They are computed when the user asks for them for the first time, and again after a day. If there are too few, they
/// are also computed again once the user has followed someone else, so that new users get suggestions at once.
pub(super) async fn list(pool: &Pool, database: &Database, user: UserId) -> sqlx::Result<Vec<Suggestion>> {
    let stored = Stored::read(pool, user).await?;
    // Without follows, there is nothing to draw from.
    let Some(newest) = stored.newest else { return Ok(Vec::new()) };
    if stored.ids.is_some() {
        let suggestions = stored.visible(pool, user).await?;
        if suggestions.len() == SECTION_SIZE || stored.is_complete {
            return Ok(suggestions);
        }
    }
    compute(pool, database, user, newest).await?.visible(pool, user).await
}

/// The suggestions of the last day, the best first.
#[derive(sqlx::FromRow)]
struct Stored {
    /// When the newest follow of the user began.
    newest: Option<OffsetDateTime>,
    /// Whether that follow was considered.
    is_complete: bool,
    /// The suggested users, without those that the user follows by now. `None` if there are none from the last day.
    ids: Option<Vec<Uuid>>,
    all_ids: Option<Vec<Uuid>>,
    /// How many of the user's followees follow each of `all_ids`.
    mutual: Option<Vec<i64>>,
}

impl Stored {
    /// Indexes: `suggestions_pkey`, `follows_pkey`, `follows_followees_idx`.
    async fn read(pool: &Pool, user: UserId) -> sqlx::Result<Self> {
        let statement = "
            SELECT own.newest, s.newest IS NOT DISTINCT FROM own.newest AS is_complete, s.ids AS all_ids, s.mutual,
                   CASE WHEN s.user_id IS NOT NULL THEN ARRAY(
                       SELECT c.id FROM unnest(s.ids) WITH ORDINALITY c (id, rank)
                       WHERE NOT EXISTS (SELECT FROM users.follows f
                                         WHERE f.follower_id = $1 AND f.followee_id = c.id OFFSET 0)
                       ORDER BY c.rank) END AS ids
            FROM (SELECT (SELECT f.created_at FROM users.follows f WHERE f.follower_id = $1
                          ORDER BY f.created_at DESC LIMIT 1) AS newest) own
            LEFT JOIN users.suggestions s ON s.user_id = $1 AND s.computed_at > now() - interval '1 day'";
        sqlx::query_as(statement).bind(user.0).fetch_one(pool).await
    }

    /// Returns the first suggestions that are visible, as many as there are on a page.
    async fn visible(&self, pool: &Pool, user: UserId) -> sqlx::Result<Vec<Suggestion>> {
        let all = self.all_ids.iter().flatten().copied();
        let mutual: HashMap<Uuid, i64> = all.zip(self.mutual.iter().flatten().copied()).collect();
        let mut suggestions = Vec::new();
        // Hardly any is hidden: normally, there is one round.
        for ids in self.ids.as_deref().unwrap_or_default().chunks(SECTION_SIZE) {
            let people = people::fetch(pool, user, ids).await?;
            let mut people: HashMap<Uuid, Person> = people.into_iter().map(|one| (one.user.id.0, one)).collect();
            suggestions.extend(
                ids.iter()
                    .filter_map(|id| Some(Suggestion { person: people.remove(id)?, mutual_count: *mutual.get(id)? })),
            );
            if suggestions.len() >= SECTION_SIZE {
                break;
            }
        }
        suggestions.truncate(SECTION_SIZE);
        Ok(suggestions)
    }
}

/// Computes the suggestions and stores them. If they cannot be stored, they are computed again next time.
async fn compute(pool: &Pool, database: &Database, user: UserId, newest: OffsetDateTime) -> sqlx::Result<Stored> {
    let (ids, mutual): (Vec<Uuid>, Vec<i64>) = sqlx::query_as("SELECT ids, mutual FROM users.suggest($1, $2, $3)")
        .bind(user.0)
        .bind(SAMPLE)
        .bind(STORED)
        .fetch_one(pool)
        .await?;
    let store = || {
        let statement = "
            INSERT INTO users.suggestions (user_id, computed_at, newest, ids, mutual) VALUES ($1, now(), $2, $3, $4)
            ON CONFLICT (user_id) DO UPDATE SET computed_at = excluded.computed_at, newest = excluded.newest,
                ids = excluded.ids, mutual = excluded.mutual";
        sqlx::query(statement).bind(user.0).bind(newest).bind(&ids).bind(&mutual).execute(&**database)
    };
    if let Err(error) = database.write(store).await {
        tracing::warn!(%error, "cannot store suggestions");
    }
    Ok(Stored {
        newest: Some(newest),
        is_complete: true,
        ids: Some(ids.clone()),
        all_ids: Some(ids),
        mutual: Some(mutual),
    })
}
