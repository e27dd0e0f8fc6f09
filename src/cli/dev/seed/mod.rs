//! `kith dev seed`: a database with many people in it, for benchmarks and for looking around.

mod graph;
mod load;
mod people;

use std::time::Instant;

use anyhow::{Context as _, anyhow};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::domain::sign_in::password::Password;
use crate::domain::sign_in::passwords::Passwords;
use crate::server::run::migrate;

/// Everybody's, so that one can sign in as anybody; hashed once, at the lowest cost there is.
pub const PASSWORD: &str = "correct horse battery";
const COST: u32 = 4;

/// How many people and follows.
#[derive(Clone, Copy, clap::Args)]
pub struct Plan {
    /// How many users, 1000 or more
    #[arg(long, default_value_t = 10_500)]
    pub users: u32,
    /// How many follows
    #[arg(long, default_value_t = 50_000)]
    pub follows: u32,
    /// The same number makes the same people and follows
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Migrates and fills the database.
///
/// # Errors
/// When there are users already, the numbers do not fit together, or the database has a fault.
pub async fn run(database: &PgConnectOptions, plan: Plan) -> anyhow::Result<()> {
    let started = Instant::now();
    migrate::run(database).await?;
    let password = Password::parse_new(PASSWORD.to_owned()).map_err(|message| anyhow!(message))?;
    let hash = Passwords::new(COST)?.hash(&password).await.context("cannot hash the password")?;
    let mut connection = database.connect().await?;
    load::load(&mut connection, plan, &hash).await?;
    connection.close().await?;
    println!(
        "{} users and {} follows in {} s. Sign in as {} at example.org with: {PASSWORD}",
        plan.users,
        plan.follows,
        started.elapsed().as_secs(),
        graph::NAMED.join(", "),
    );
    Ok(())
}
