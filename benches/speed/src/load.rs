//! Load by wrk, and what it costs.
#![expect(clippy::cast_precision_loss, reason = "counts are small")]

use std::fmt::Write as _;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::process::Command;

use crate::instance::Instance;
use crate::processes;

const SCRIPT: &str = include_str!("wrk.lua");
/// Simultaneous connections, unless a measurement says otherwise.
pub const CONNECTIONS: u32 = 32;

/// What follows the last request of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The first.
    Repeat,
    /// The refresh tokens that were set by responses.
    Refresh,
}

/// Requests to send for a while.
#[derive(Clone, Copy)]
pub struct Load<'a> {
    pub requests: &'a [String],
    pub mode: Mode,
    pub connections: u32,
    pub seconds: u64,
}

/// The result of one measurement.
#[derive(Clone, Serialize)]
pub struct Sample {
    pub requests: u64,
    /// Responses from 400 on, and requests without a response.
    pub failures: u64,
    /// Per second.
    pub rate: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// CPU time of a request in the server, in µs.
    pub server_us: f64,
    /// The same in PostgreSQL.
    pub postgres_us: f64,
}

/// The line that the script prints.
#[derive(Deserialize)]
struct Line {
    requests: u64,
    seconds: f64,
    p50_ms: f64,
    p99_ms: f64,
    error_responses: u64,
    no_responses: u64,
}

/// Measures an instance under a load. `postgres` is the ID of its database's first process.
///
/// # Errors
/// If half of the requests fail. Fewer failures are reported: they cost less than what is to be measured.
pub async fn measure(load: Load<'_>, instance: &Instance, postgres: u32) -> anyhow::Result<Sample> {
    let dir = tempfile::tempdir()?;
    let mut command = command(load, instance, &dir)?;
    let cpu = || anyhow::Ok((processes::cpu(instance.process())?, processes::cpu(postgres)?));
    let before = cpu()?;
    let output = command.output().await.context("cannot run wrk")?;
    let after = cpu()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().rev().find(|line| line.starts_with('{'));
    let first = load.requests[0].lines().next().unwrap_or_default();
    let line: Line = serde_json::from_str(line.with_context(|| format!("wrk failed: {text}"))?)?;
    let failures = line.error_responses + line.no_responses;
    let report = format!(
        "{}: of {} requests, {} had an error as response and {} none: {first}",
        instance.program, line.requests, line.error_responses, line.no_responses
    );
    ensure!(failures * 2 <= line.requests && line.requests > 0, report);
    if failures * 1000 > line.requests {
        eprintln!("{report}");
    }
    let cost = |seconds: f64| seconds * 1e6 / line.requests as f64;
    Ok(Sample {
        requests: line.requests,
        failures,
        rate: line.requests as f64 / line.seconds,
        p50_ms: line.p50_ms,
        p99_ms: line.p99_ms,
        server_us: cost(after.0 - before.0),
        postgres_us: cost(after.1 - before.1),
    })
}

fn command(load: Load<'_>, instance: &Instance, dir: &TempDir) -> anyhow::Result<Command> {
    let mut text = String::new();
    for request in load.requests {
        let _ = write!(text, "{}\n{request}", request.len());
    }
    let (script, requests) = (dir.path().join("wrk.lua"), dir.path().join("requests"));
    std::fs::write(&script, SCRIPT)?;
    std::fs::write(&requests, text)?;
    let mode = match load.mode {
        Mode::Repeat => "repeat",
        Mode::Refresh => "refresh",
    };
    let mut command = Command::new("wrk");
    command
        .args(["--threads", "1", "--timeout", "30s"])
        .args(["--connections", &load.connections.to_string(), "--duration", &format!("{}s", load.seconds)])
        .arg("--script")
        .arg(script)
        .arg(instance.url("/"))
        .env("REQUESTS", requests)
        .env("MODE", mode)
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    Ok(command)
}
