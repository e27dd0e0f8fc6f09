//! Verifies and repairs the copies of the follows by followee, which exist on several machines.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::base::database::pool::Pool;
use crate::base::database::{begin, with_retries};
use crate::base::recheck::recheck;

/// The tables of follows, and their copies.
const TABLES: [(&str, &str); 2] = [("follows", "followers"), ("hidden_follows", "hidden_followers")];

/// A follow that only one of the two tables has, or that they have with different times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    is_hidden: bool,
    pub follower: Uuid,
    pub followee: Uuid,
}

/// Returns the follows whose copies are wrong. Both tables are read as a whole.
pub async fn mismatches(pool: &Pool) -> sqlx::Result<Vec<Mismatch>> {
    recheck(|| scan(pool)).await
}

async fn scan(pool: &Pool) -> sqlx::Result<Vec<Mismatch>> {
    let mut found = Vec::new();
    for (is_hidden, (table, copy)) in [false, true].into_iter().zip(TABLES) {
        // OFFSET 0 has each table read where it is; the results are compared in one place.
        let statement = format!(
            "SELECT DISTINCT follower_id, followee_id
             FROM (SELECT follower_id, followee_id, created_at FROM users.{table} OFFSET 0) follow
             FULL JOIN (SELECT follower_id, followee_id, created_at FROM users.{copy} OFFSET 0) copy
                 USING (follower_id, followee_id, created_at)
             WHERE follow.created_at IS NULL OR copy.created_at IS NULL
             ORDER BY 1, 2"
        );
        let pairs: Vec<(Uuid, Uuid)> = sqlx::query_as(AssertSqlSafe(statement)).fetch_all(pool).await?;
        found.extend(pairs.into_iter().map(|(follower, followee)| Mismatch { is_hidden, follower, followee }));
    }
    Ok(found)
}

/// Makes the copies agree with the follows. Safe while follows change.
pub async fn repair(pool: &Pool, mismatches: &[Mismatch]) -> sqlx::Result<()> {
    for mismatch in mismatches {
        with_retries(|| repair_one(pool, *mismatch)).await?;
    }
    Ok(())
}

async fn repair_one(pool: &Pool, mismatch: Mismatch) -> sqlx::Result<()> {
    let Mismatch { is_hidden, follower, followee } = mismatch;
    let (table, copy) = TABLES[usize::from(is_hidden)];
    let mut transaction = begin(pool).await?;
    // No follow of the follower is made or moved while this is held.
    sqlx::query("SELECT FROM users.users WHERE id = $1 FOR UPDATE").bind(follower).execute(&mut *transaction).await?;
    let pair = "WHERE follower_id = $1 AND followee_id = $2";
    let delete = format!("DELETE FROM users.{copy} {pair}");
    sqlx::query(AssertSqlSafe(delete)).bind(follower).bind(followee).execute(&mut *transaction).await?;
    let follow = format!("SELECT created_at FROM users.{table} {pair} FOR UPDATE");
    let since: Option<sqlx::types::time::OffsetDateTime> = sqlx::query_scalar(AssertSqlSafe(follow))
        .bind(follower)
        .bind(followee)
        .fetch_optional(&mut *transaction)
        .await?;
    if let Some(since) = since {
        let insert = format!("INSERT INTO users.{copy} (follower_id, followee_id, created_at) VALUES ($1, $2, $3)");
        let insert = sqlx::query(AssertSqlSafe(insert)).bind(follower).bind(followee).bind(since);
        insert.execute(&mut *transaction).await?;
    }
    transaction.commit().await
}
