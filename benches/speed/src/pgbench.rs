//! The rate of statements alone: pgbench, with prepared statements and no service in front.
#![expect(clippy::cast_precision_loss, reason = "counts are small")]

use std::fmt::Write as _;

use anyhow::{Context as _, ensure};
use kith::cli::dev::postgres::binaries;
use serde_json::json;
use tokio::process::Command;

use crate::prepare::Prepared;
use crate::processes;
use crate::results::Fact;

/// Connections: enough to keep PostgreSQL busy.
const CLIENTS: &str = "8";
/// Statements in a script, each prepared once by each connection.
const STATEMENTS: usize = 100;

/// Measures the statements of `GET /users/{id}` and of the first page of followers.
pub async fn run(prepared: &Prepared, postgres: u32, seconds: u64) -> anyhow::Result<[Fact; 2]> {
    let user = |n: usize| {
        format!(
            "SELECT u.id, u.username, u.display_name, u.avatar_url FROM users.users u
             WHERE u.id = '{}' AND u.deletes_at IS NULL",
            prepared.users[n].id
        )
    };
    let page = |n: usize| {
        format!(
            "SELECT id, username, display_name, avatar_url, viewed, following, followed_by,
                    (extract(epoch FROM since) * 1000000)::bigint AS at
             FROM users.list_followers('{}', '{}', 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 0, 21)",
            prepared.users[n].id, prepared.popular.id
        )
    };
    Ok([
        measure(prepared, postgres, seconds, "pgbench, a user", user).await?,
        measure(prepared, postgres, seconds, "pgbench, followers page 1", page).await?,
    ])
}

async fn measure(
    prepared: &Prepared,
    postgres: u32,
    seconds: u64,
    name: &str,
    statement: impl Fn(usize) -> String,
) -> anyhow::Result<Fact> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("script.sql");
    let mut script = String::new();
    for n in 0..STATEMENTS {
        let _ = writeln!(script, "{};", statement(n).replace('\n', " "));
    }
    std::fs::write(&file, script)?;
    let before = processes::cpu(postgres)?;
    let output = Command::new(binaries::find(None)?.dir.join("pgbench"))
        .args(["--no-vacuum", "--protocol", "prepared", "--client", CLIENTS, "--jobs", "1"])
        .args(["--time", &seconds.to_string(), "--file"])
        .arg(file)
        .arg(&prepared.environment.database_url)
        .kill_on_drop(true)
        .output()
        .await?;
    let cpu = processes::cpu(postgres)? - before;
    ensure!(output.status.success(), "pgbench failed: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let tps = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
    let rate = tps.context("an unknown format of pgbench")? * STATEMENTS as f64;
    let postgres_us = cpu * 1e6 / (rate * seconds as f64);
    let text = format!("{rate:.0}/s, {postgres_us:.0} µs of CPU in PostgreSQL");
    Ok(Fact::new(name, text, json!({ "rate": rate, "postgres_us": postgres_us })))
}
