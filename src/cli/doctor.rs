//! `kith doctor`: checks the invariants of the database.

use std::fmt::Display;

use anyhow::ensure;
use sqlx::postgres::PgConnectOptions;

use super::operator;
use crate::base::database::pool::Pool;
use crate::domain::accounts::{claim_check, looks};
use crate::domain::graph::follow_counts::{self, Drift};
use crate::domain::graph::mirror;
use crate::email::backlog::backlog;
use crate::server::run::migrate;

/// How many findings of a kind are listed. The rest is only counted.
const LISTED: usize = 20;

/// Checks the database and prints the findings. With `fix`, corrects what is wrong. Returns whether everything is right
/// afterward.
///
/// # Errors
/// If the database cannot be reached, its encoding is not UTF8, or a migration is pending.
pub async fn run(database: &PgConnectOptions, fix: bool) -> anyhow::Result<bool> {
    let pool = operator::connect(database).await?;
    let mut connection = pool.acquire().await?;
    migrate::require_utf8(&mut connection).await?;
    let current = migrate::is_up_to_date(&mut connection).await?;
    ensure!(current, "the database is not up to date: run `kith migrate` first");
    println!("migrations  up to date");
    let is_sharded = migrate::citus::is_sharded(&mut connection).await?;
    let mut is_right = true;
    if is_sharded {
        let left = migrate::citus::left(&mut connection).await?;
        println!("layout      several machines, {} steps of `kith migrate --citus` left", left.len());
        list(&left);
        is_right = left.is_empty();
    } else {
        println!("layout      one machine");
    }
    drop(connection);
    // Not an error, but operators should know.
    println!("mail        {} dead", backlog(&pool).await?.dead);
    // No error either: these accounts are older than the rule.
    let pairs = looks::pairs(&pool).await?;
    println!("usernames   {} that look alike", pairs.len());
    list(&pairs.iter().map(|names| names.join("  ")).collect::<Vec<_>>());
    if is_sharded {
        is_right &= check_claims(&pool, fix).await?;
        is_right &= check_mirror(&pool, fix).await?;
    }
    // After the copies of the follows, which are counted.
    is_right &= check_counts(&pool, fix).await?;
    Ok(is_right)
}

async fn check_claims(pool: &Pool, fix: bool) -> anyhow::Result<bool> {
    let wrong = claim_check::wrong(pool).await?;
    println!("claims      {} wrong", wrong.len());
    // Not the address itself: the output may end up in a log.
    list(&wrong.iter().map(|claim| format!("{}  {}", claim.user, claim.kind)).collect::<Vec<_>>());
    if !fix || wrong.is_empty() {
        return Ok(wrong.is_empty());
    }
    claim_check::repair(pool, &wrong).await?;
    let left = claim_check::wrong(pool).await?.len();
    println!("            {} corrected", wrong.len() - left.min(wrong.len()));
    Ok(left == 0)
}

async fn check_mirror(pool: &Pool, fix: bool) -> anyhow::Result<bool> {
    let wrong = mirror::mismatches(pool).await?;
    println!("followers   {} wrong", wrong.len());
    list(&wrong.iter().map(|follow| format!("{} follows {}", follow.follower, follow.followee)).collect::<Vec<_>>());
    if !fix || wrong.is_empty() {
        return Ok(wrong.is_empty());
    }
    mirror::repair(pool, &wrong).await?;
    let left = mirror::mismatches(pool).await?.len();
    println!("            {} corrected", wrong.len() - left.min(wrong.len()));
    Ok(left == 0)
}

async fn check_counts(pool: &Pool, fix: bool) -> anyhow::Result<bool> {
    let drift = follow_counts::drift(pool).await?;
    println!("counts      {} wrong", drift.len());
    list(&drift.iter().map(describe).collect::<Vec<_>>());
    if fix {
        println!("            {} corrected", follow_counts::repair(pool).await?);
        return Ok(follow_counts::drift(pool).await?.is_empty());
    }
    Ok(drift.is_empty())
}

fn describe(wrong: &Drift) -> String {
    format!(
        "{}  followers {}, actually {}; followees {}, actually {}",
        wrong.user_id, wrong.stored_followers, wrong.actual_followers, wrong.stored_followees, wrong.actual_followees,
    )
}

fn list(findings: &[impl Display]) {
    for finding in findings.iter().take(LISTED) {
        println!("  {finding}");
    }
    if findings.len() > LISTED {
        println!("  … and {} more", findings.len() - LISTED);
    }
}
