//! Keeps right what follows from the names of all users, their search terms and looks: after a change that was
//! interrupted, for accounts that an older version has added, and as users become more popular.

use std::collections::{BTreeSet, HashSet};

use sqlx::{AssertSqlSafe, FromRow, Row as _};
use uuid::Uuid;

use super::looks;
use crate::base::database::pool::Pool;
use crate::base::sweep::{BATCH, Pace};
use crate::domain::search::terms::{self, Source};

/// Goes through all users by id, in batches, and writes what is not right. Ends early with `pace`.
pub async fn run(pool: &Pool, pace: &mut Pace<'_>) -> sqlx::Result<()> {
    let (mut after, mut corrected) = (Uuid::nil(), 0);
    loop {
        let users = batch(pool, after).await?;
        let Some(last) = users.last() else { break };
        after = last.id;
        let wrong: Vec<Uuid> = users.iter().filter(|user| !user.has_right_terms).map(|user| user.id).collect();
        if !wrong.is_empty() {
            terms::correct(pool, &wrong).await?;
        }
        let incomplete = without_looks(pool, &users).await?;
        for user in &incomplete {
            looks::add_missing(pool, *user).await?;
        }
        corrected += wrong.len() + incomplete.len();
        if !pace.proceed().await? {
            break;
        }
    }
    if corrected > 0 {
        tracing::info!(corrected, "brought search terms and looks of usernames up to date");
    }
    Ok(())
}

/// What a user has.
struct User {
    id: Uuid,
    has_right_terms: bool,
    /// Of the username.
    looks: Vec<String>,
}

/// The next users. Indexes: `users_pkey`, `search_terms_pkey`, `follow_counts_pkey`.
async fn batch(pool: &Pool, after: Uuid) -> sqlx::Result<Vec<User>> {
    let columns = Source::COLUMNS;
    let statement = format!(
        "SELECT {columns}, users.looks(u.username) AS looks,
                ARRAY(SELECT t.term FROM users.search_terms t WHERE t.user_id = u.id) AS terms,
                ARRAY(SELECT t.popularity FROM users.search_terms t WHERE t.user_id = u.id) AS popularities
         FROM users.users u WHERE u.id > $1 ORDER BY u.id LIMIT $2"
    );
    let rows = sqlx::query(AssertSqlSafe(statement)).bind(after).bind(BATCH).fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            let source = Source::from_row(row)?;
            let terms: BTreeSet<String> = row.try_get::<Vec<_>, _>("terms")?.into_iter().collect();
            let popularities: Vec<i16> = row.try_get("popularities")?;
            let is_current = popularities.iter().all(|popularity| *popularity == source.popularity);
            Ok(User {
                id: source.id,
                has_right_terms: is_current && terms == source.terms(),
                looks: row.try_get("looks")?,
            })
        })
        .collect()
}

/// Returns those of the users with a look that no one has. Index: `username_looks_pkey`.
async fn without_looks(pool: &Pool, users: &[User]) -> sqlx::Result<Vec<Uuid>> {
    let looks: Vec<&str> = users.iter().flat_map(|user| &user.looks).map(String::as_str).collect();
    let statement = "SELECT look FROM users.username_looks WHERE look = ANY($1)";
    let known: Vec<String> = sqlx::query_scalar(statement).bind(looks).fetch_all(pool).await?;
    let known: HashSet<String> = known.into_iter().collect();
    Ok(users.iter().filter(|user| user.looks.iter().any(|look| !known.contains(look))).map(|user| user.id).collect())
}
