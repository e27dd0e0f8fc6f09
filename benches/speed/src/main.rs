//! `make bench` and `make bench-compare`: measures Kith in alternation with the ceiling, or two versions of it with each
//! other. The results are a table on stdout and a JSON file. `docs/performance.md` explains both.

mod compare;
mod database;
mod extras;
mod instance;
mod load;
mod pgbench;
mod prepare;
#[path = "../../support/processes.rs"]
mod processes;
mod requests;
mod results;
mod routes;
mod run;
#[path = "../../support/stats.rs"]
mod stats;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Measures the speed of Kith.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    plan: Plan,
}

/// How much is measured.
#[derive(Clone, Debug, clap::Args)]
struct Plan {
    /// Users in the database
    #[arg(long, global = true, default_value_t = 210_000)]
    users: u32,
    /// Follows in the database
    #[arg(long, global = true, default_value_t = 1_000_000)]
    follows: u32,
    /// Measurements of each route and side; the table has the medians
    #[arg(long, global = true, default_value_t = 3)]
    rounds: usize,
    /// Seconds of each measurement
    #[arg(long, global = true, default_value_t = 4)]
    seconds: u64,
    /// Only routes whose name contains this, and nothing beside the routes
    #[arg(long, global = true)]
    only: Option<String>,
    /// Folder for results
    #[arg(long, global = true, default_value = "target/bench")]
    results: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// Compare Kith with the ceiling
    Run {
        /// The `kith` to measure, with the site that it serves
        #[arg(long)]
        kith: PathBuf,
        /// The bare handlers to measure it with
        #[arg(long)]
        ceiling: PathBuf,
    },
    /// Compare two versions of Kith
    Compare {
        /// The first `kith`
        a: PathBuf,
        /// The second `kith`
        b: PathBuf,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Cli { command, plan } = Cli::parse();
    let measured = async {
        match command {
            Command::Run { kith, ceiling } => run::run(&plan, &kith, &ceiling).await,
            Command::Compare { a, b } => compare::run(&plan, [&a, &b]).await,
        }
    };
    // What a measurement has started ends when it is dropped.
    tokio::select! {
        measured = measured => measured,
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
    }
}
