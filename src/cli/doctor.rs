//! `kith doctor`: whether the database holds what the service takes for granted.

use anyhow::ensure;
use sqlx::postgres::PgConnectOptions;

use super::operator;
use crate::domain::graph::follow_counts;
use crate::email::backlog::backlog;
use crate::server::run::migrate;

/// How many wrong counts are named; the rest is told by number.
const NAMED: usize = 20;

/// Checks the database, prints what it finds, and with `fix` corrects counts. Returns whether nothing is
/// wrong any more.
///
/// # Errors
/// When the database cannot be reached, is not in UTF8, or is not up to date.
pub async fn run(database: &PgConnectOptions, fix: bool) -> anyhow::Result<bool> {
    let pool = operator::connect(database).await?;
    migrate::require_utf8(&mut *pool.acquire().await?).await?;
    let current = migrate::is_up_to_date(&mut *pool.acquire().await?).await?;
    ensure!(current, "the database is not up to date: run `kith migrate` first");
    println!("migrations  up to date");
    // Nothing is wrong with these, but somebody should know.
    println!("mail        {} given up", backlog(&pool).await?.dead);
    let drift = follow_counts::drift(&pool).await?;
    println!("counts      {} wrong", drift.len());
    for wrong in drift.iter().take(NAMED) {
        println!(
            "  {}  followers {}, really {}; followees {}, really {}",
            wrong.user_id, wrong.kept_followers, wrong.real_followers, wrong.kept_followees, wrong.real_followees,
        );
    }
    if drift.len() > NAMED {
        println!("  … and {} more", drift.len() - NAMED);
    }
    if fix {
        println!("            {} corrected", follow_counts::repair(&pool).await?);
        return Ok(follow_counts::drift(&pool).await?.is_empty());
    }
    Ok(drift.is_empty())
}
