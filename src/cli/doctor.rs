//! `kith doctor`: checks the invariants of the database.

use anyhow::ensure;
use sqlx::postgres::PgConnectOptions;

use super::operator;
use crate::domain::graph::follow_counts;
use crate::email::backlog::backlog;
use crate::server::run::migrate;

/// How many wrong counts are listed. The rest is only counted.
const LISTED: usize = 20;

/// Checks the database and prints the findings. With `fix`, corrects wrong counts. Returns whether all counts are
/// correct afterward.
///
/// # Errors
/// If the database cannot be reached, its encoding is not UTF8, or a migration is pending.
pub async fn run(database: &PgConnectOptions, fix: bool) -> anyhow::Result<bool> {
    let pool = operator::connect(database).await?;
    migrate::require_utf8(&mut *pool.acquire().await?).await?;
    let current = migrate::is_up_to_date(&mut *pool.acquire().await?).await?;
    ensure!(current, "the database is not up to date: run `kith migrate` first");
    println!("migrations  up to date");
    // Not an error, but operators should know.
    println!("mail        {} dead", backlog(&pool).await?.dead);
    let drift = follow_counts::drift(&pool).await?;
    println!("counts      {} wrong", drift.len());
    for wrong in drift.iter().take(LISTED) {
        println!(
            "  {}  followers {}, actually {}; followees {}, actually {}",
            wrong.user_id,
            wrong.stored_followers,
            wrong.actual_followers,
            wrong.stored_followees,
            wrong.actual_followees,
        );
    }
    if drift.len() > LISTED {
        println!("  … and {} more", drift.len() - LISTED);
    }
    if fix {
        println!("            {} corrected", follow_counts::repair(&pool).await?);
        return Ok(follow_counts::drift(&pool).await?.is_empty());
    }
    Ok(drift.is_empty())
}
