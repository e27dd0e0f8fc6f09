//! Verifies and repairs claims: the tables that find an account by its address or username on several machines.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::base::database::pool::Pool;
use crate::base::database::{begin, with_retries};
use crate::base::recheck::recheck;

/// What is claimed: the column of `users.users`, and the name of the table and the functions.
const KINDS: [&str; 2] = ["email", "username"];

/// A user without the right claim, or a claim without its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongClaim {
    pub kind: &'static str,
    pub user: Uuid,
    folded: String,
}

/// Returns the claims that are wrong or missing. The tables are read as a whole.
pub async fn wrong(pool: &Pool) -> sqlx::Result<Vec<WrongClaim>> {
    recheck(|| scan(pool)).await
}

async fn scan(pool: &Pool) -> sqlx::Result<Vec<WrongClaim>> {
    let mut found = Vec::new();
    for kind in KINDS {
        // OFFSET 0 has each table read where it is; the results are compared in one place.
        let statement = format!(
            r#"SELECT coalesce(u.user_id, c.user_id), coalesce(u.folded, c.folded)
               FROM (SELECT id AS user_id, lower({kind} COLLATE "C") AS folded FROM users.users OFFSET 0) u
               FULL JOIN (SELECT user_id, folded FROM users.{kind}_claims OFFSET 0) c
                   ON c.user_id = u.user_id AND c.folded = u.folded
               WHERE u.user_id IS NULL OR c.user_id IS NULL
               ORDER BY 1, 2"#
        );
        let rows: Vec<(Uuid, String)> = sqlx::query_as(AssertSqlSafe(statement)).fetch_all(pool).await?;
        found.extend(rows.into_iter().map(|(user, folded)| WrongClaim { kind, user, folded }));
    }
    Ok(found)
}

/// Removes claims without their user, then adds those that are missing. Safe while accounts change.
/// If two accounts have the same address or username, the claim stays with the one that has it.
pub async fn repair(pool: &Pool, wrong: &[WrongClaim]) -> sqlx::Result<()> {
    for adds in [false, true] {
        for claim in wrong {
            with_retries(|| repair_one(pool, claim, adds)).await?;
        }
    }
    Ok(())
}

async fn repair_one(pool: &Pool, claim: &WrongClaim, adds: bool) -> sqlx::Result<()> {
    let WrongClaim { kind, user, folded } = claim;
    let mut transaction = begin(pool).await?;
    let current = format!(r#"SELECT lower({kind} COLLATE "C") FROM users.users WHERE id = $1 FOR UPDATE"#);
    let current: Option<String> =
        sqlx::query_scalar(AssertSqlSafe(current)).bind(user).fetch_optional(&mut *transaction).await?;
    let is_current = current.as_ref() == Some(folded);
    if is_current == adds {
        let statement = if adds {
            format!("INSERT INTO users.{kind}_claims (folded, user_id) VALUES ($2, $1) ON CONFLICT DO NOTHING")
        } else {
            format!("DELETE FROM users.{kind}_claims WHERE folded = $2 AND user_id = $1")
        };
        sqlx::query(AssertSqlSafe(statement)).bind(user).bind(folded).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}
