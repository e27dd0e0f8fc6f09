//! The terms that users are found by, as rows that follow from their names. They are written after the names: what is
//! interrupted in between, [`upkeep`](crate::domain::accounts::upkeep) completes.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, FromRow, PgConnection};
use uuid::Uuid;

use super::fold::fold;
use crate::base::database::pool::Pool;
use crate::base::database::{Database, begin, with_retries};

/// Words of a display name by which it is found.
const WORDS: usize = 5;
/// Characters of the shortest term. Search needs as many.
pub const TERM_MIN: usize = 2;

/// Returns the terms of a user: the username, and the display name from each of its first words on.
#[must_use]
pub fn terms(username: &str, display_name: &str) -> BTreeSet<String> {
    let mut terms = BTreeSet::from([fold(username)]);
    let name = fold(display_name);
    let starts = name.char_indices().filter(|(start, _)| *start == 0 || name[..*start].ends_with(' '));
    for (start, _) in starts.take(WORDS) {
        terms.insert(name[start..].to_owned());
        // Also without a parenthesis or a quotation mark before the word.
        terms.insert(name[start..].trim_start_matches(|char: char| !char.is_alphanumeric()).to_owned());
    }
    terms.retain(|term| term.chars().nth(TERM_MIN - 1).is_some());
    terms
}

/// What the terms of a user follow from.
#[derive(Debug, FromRow)]
pub(in crate::domain) struct Source {
    pub id: Uuid,
    username: String,
    display_name: Option<String>,
    discoverable: bool,
    pub popularity: i16,
}

impl Source {
    /// The columns, from `users.users u`.
    pub const COLUMNS: &str = "u.id, u.username, u.display_name, u.discoverable,
        (SELECT users.popularity(coalesce(sum(c.followers), 0)::bigint) FROM users.follow_counts c
         WHERE c.user_id = u.id) AS popularity";

    pub fn terms(&self) -> BTreeSet<String> {
        if !self.discoverable {
            return BTreeSet::new();
        }
        terms(&self.username, self.display_name.as_deref().unwrap_or_default())
    }
}

/// Writes the terms of a user whose names have changed. A failure is logged: the names themselves are written.
pub async fn refresh(database: &Database, user: Uuid) {
    let refresh = || async move {
        let mut transaction = begin(database).await?;
        // Of two changes, the terms of the second are written last.
        let lock = sqlx::query("SELECT FROM users.users WHERE id = $1 FOR NO KEY UPDATE").bind(user);
        lock.execute(&mut *transaction).await?;
        rewrite(&mut transaction, &[user]).await?;
        transaction.commit().await
    };
    if let Err(error) = database.write(refresh).await {
        tracing::warn!(%error, "search finds a user by the former names until the next upkeep");
    }
}

/// Writes the terms of these users, without those who change at this moment.
pub(in crate::domain) async fn correct(pool: &Pool, users: &[Uuid]) -> sqlx::Result<()> {
    with_retries(|| async move {
        let mut transaction = begin(pool).await?;
        let lock = sqlx::query_scalar("SELECT users.lock_idle($1)").bind(users);
        let idle: Vec<Uuid> = lock.fetch_all(&mut *transaction).await?;
        rewrite(&mut transaction, &idle).await?;
        transaction.commit().await
    })
    .await
}

async fn rewrite(connection: &mut PgConnection, users: &[Uuid]) -> sqlx::Result<()> {
    let columns = Source::COLUMNS;
    let sources = format!("SELECT {columns} FROM users.users u WHERE u.id = ANY($1)");
    let sources: Vec<Source> = sqlx::query_as(AssertSqlSafe(sources)).bind(users).fetch_all(&mut *connection).await?;
    let (mut ids, mut terms, mut popularities) = (Vec::new(), Vec::new(), Vec::new());
    for source in &sources {
        for term in source.terms() {
            ids.push(source.id);
            terms.push(term);
            popularities.push(source.popularity);
        }
    }
    let delete = "DELETE FROM users.search_terms WHERE user_id = ANY($1)";
    sqlx::query(delete).bind(users).execute(&mut *connection).await?;
    let insert = "INSERT INTO users.search_terms (user_id, term, popularity)
                  SELECT * FROM unnest($1::uuid[], $2::text[], $3::smallint[])
                  ON CONFLICT (user_id, term) DO UPDATE SET popularity = excluded.popularity";
    sqlx::query(insert).bind(ids).bind(terms).bind(popularities).execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_the_username_and_each_word_of_the_display_name() {
        let found = |username: &str, name: &str| terms(username, name).into_iter().collect::<Vec<_>>().join("|");
        assert_eq!(found("Ann_L", "Ann Lee"), "ann lee|ann_l|lee");
        assert_eq!(found("ann", ""), "ann");
        assert_eq!(found("zoe", "(Zoë) “Zed” X"), "(zoe) “zed” x|zed” x|zoe|zoe) “zed” x|“zed” x");
        assert_eq!(found("abc", "a b c d e f g"), "a b c d e f g|abc|b c d e f g|c d e f g|d e f g|e f g");
        assert_eq!(found("abc", "🌱"), "abc");
    }
}
