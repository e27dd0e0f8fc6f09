//! What usernames look like: no one can have a name that is mistaken for another (`migrations/0029_username_looks.sql`).

use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::claims;
use crate::base::database::error::OperationError;
use crate::base::database::pool::Pool;
use crate::base::database::{begin, with_retries};
use crate::base::sweep::{Delete, ExpiringRows};
use crate::model::error::ErrorCode;
use crate::model::folding::fold;
use crate::model::username::reserved;

/// Looks that are free again. Index: `username_looks_held_until_idx`.
pub const EXPIRED: ExpiringRows = ExpiringRows {
    name: "looks of usernames",
    select: "SELECT held_until, convert_to(look, 'UTF8') FROM users.username_looks
             WHERE held_until < now() AND (held_until, convert_to(look, 'UTF8')) > ($1, $2) AND $4 = 0
             ORDER BY held_until, look LIMIT $3",
    delete: Delete::ByName("DELETE FROM users.username_looks WHERE look = ANY($1) AND held_until < now() AND $2 = 0"),
    days: 0,
};

/// Gives an account the looks of its new username, after its row has been written. Those of the previous name, which
/// may be one of a pair from before there was this rule, are not checked.
///
/// # Errors
/// `USERNAME_TOO_SIMILAR`.
pub async fn claim(
    connection: &mut PgConnection,
    user: Uuid,
    username: &str,
    previous: Option<&str>,
) -> Result<(), OperationError> {
    let is_new = previous.is_none_or(|previous| fold(previous) != fold(username));
    if is_new && is_reserved(username) {
        return Err(ErrorCode::UsernameTooSimilar.into());
    }
    let claim = sqlx::query("SELECT users.claim_looks($1, $2, $3)").bind(user).bind(username).bind(previous);
    claim.execute(connection).await.map_err(claims::rejected)?;
    Ok(())
}

/// Holds the looks of a username that `user`, or an account that is erased, has given up, without those of the `current`
/// one. `None` days are for ever.
pub async fn hold(
    connection: &mut PgConnection,
    user: Option<Uuid>,
    username: &str,
    current: Option<&str>,
    days: Option<i32>,
) -> sqlx::Result<()> {
    let hold = sqlx::query("SELECT users.hold_looks($1, $2, $3, $4)").bind(user).bind(username).bind(current);
    hold.bind(days).execute(connection).await?;
    Ok(())
}

/// Removes a user who is being erased. The looks of the username are free again. Index: `username_looks_user_id_idx`.
pub async fn forget(connection: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    for statement in [
        "UPDATE users.username_looks SET held_until = now() WHERE user_id = $1 AND held_until IS NULL",
        "UPDATE users.username_looks SET user_id = NULL WHERE user_id = $1",
    ] {
        sqlx::query(statement).bind(user).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Returns whether no account has, and no hold keeps, a look of the username, and it does not look reserved. Index:
/// `username_looks_pkey`.
pub async fn is_free(executor: impl PgExecutor<'_>, username: &str) -> sqlx::Result<bool> {
    if is_reserved(username) {
        return Ok(false);
    }
    let statement = "SELECT count(*) = 0 FROM users.username_looks
                     WHERE look = ANY($1) AND (held_until > now()) IS NOT FALSE";
    let looks = vec![look(username), look(&fold(username))];
    sqlx::query_scalar(statement).bind(looks).fetch_one(executor).await
}

/// Usernames that look alike, from before there was this rule. All accounts are read.
pub async fn pairs(pool: &Pool) -> sqlx::Result<Vec<Vec<String>>> {
    let statement = "SELECT DISTINCT names FROM (
                         SELECT array_agg(DISTINCT u.username ORDER BY u.username) AS names
                         FROM users.users u CROSS JOIN LATERAL unnest(users.looks(u.username)) look
                         GROUP BY look HAVING count(DISTINCT u.id) > 1) pairs ORDER BY names";
    sqlx::query_scalar(statement).fetch_all(pool).await
}

/// Adds the looks of an account that no one has: one that an older version has added. It does nothing while the account
/// changes.
pub async fn add_missing(pool: &Pool, user: Uuid) -> sqlx::Result<()> {
    with_retries(|| try_add_missing(pool, user)).await
}

async fn try_add_missing(pool: &Pool, user: Uuid) -> sqlx::Result<()> {
    let mut transaction = begin(pool).await?;
    let looks = "SELECT users.looks(username) FROM users.users WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED";
    let looks: Option<Vec<String>> = sqlx::query_scalar(looks).bind(user).fetch_optional(&mut *transaction).await?;
    for look in looks.unwrap_or_default() {
        let insert = "INSERT INTO users.username_looks (look, user_id) VALUES ($1, $2) ON CONFLICT (look) DO NOTHING";
        sqlx::query(insert).bind(look).bind(user).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// Returns whether a username looks like a reserved one, also with digits in place of letters. A 5 at the end is a
/// number, and no plural: `user5` is not `users`.
fn is_reserved(username: &str) -> bool {
    let folded = fold(username);
    let letters: String = if folded.ends_with('5') { String::new() } else { folded.chars().map(letter).collect() };
    let looks = [look(username), look(&folded), look(&letters)];
    reserved().any(|name| looks.contains(&look(name)))
}

/// The letter that a digit stands for.
const fn letter(char: char) -> char {
    match char {
        '0' => 'o',
        '1' => 'i',
        '2' => 'z',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

/// What `users.look` in the database returns.
#[must_use]
pub fn look(username: &str) -> String {
    let similar: String = username
        .chars()
        .map(|char| match char {
            '0' => 'o',
            '1' | 'I' => 'l',
            other => other,
        })
        .collect();
    similar.replace("rn", "m").replace("vv", "w").replace(['_', '.'], "").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_reserved_are_found() {
        for name in [
            "adm1n",
            "4dmin",
            "Adrnin",
            "a.d_m.i_n",
            "5taff",
            "supp0rt",
            "vvvvw",
            "rnod3rator",
            "I0gin",
            "_kith_",
            "roo7",
        ] {
            assert!(is_reserved(name), "{name}");
        }
        for name in ["administer", "ann", "supporter", "kithe", "l0g", "badmin", "bob", "user5", "new5", "user10"] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
