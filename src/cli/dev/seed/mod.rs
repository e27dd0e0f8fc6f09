//! `kith dev seed`: fills a database with users and follows, for benchmarks and demos.

mod graph;
mod load;
mod people;

use std::time::Instant;

use anyhow::{Context as _, anyhow};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::base::sweep::Pace;
use crate::cli::operator;
use crate::domain::accounts::upkeep;
use crate::domain::sign_in::password::Password;
use crate::domain::sign_in::passwords::Passwords;
use crate::server::run::migrate;

/// The password of all generated users. Hashed once, at the lowest cost.
pub const PASSWORD: &str = "correct horse battery";
const COST: u32 = 4;

/// The size of the generated data.
#[derive(Clone, Copy, clap::Args)]
pub struct Plan {
    /// Number of users, at least 1000
    #[arg(long, default_value_t = 10_500)]
    pub users: u32,
    /// Number of follows
    #[arg(long, default_value_t = 50_000)]
    pub follows: u32,
    /// Random seed; the same seed generates the same data
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Migrates and fills the database.
pub async fn run(database: &PgConnectOptions, plan: Plan) -> anyhow::Result<()> {
    let started = Instant::now();
    migrate::run(database).await?;
    let password = Password::parse_new(PASSWORD.to_owned()).map_err(|message| anyhow!(message))?;
    let hash = Passwords::new(COST)?.hash(&password).await.context("cannot hash the password")?;
    let mut connection = database.connect().await?;
    load::load(&mut connection, plan, &hash).await?;
    upkeep::run(&operator::connect(database).await?, &mut Pace::Unlimited).await?;
    sqlx::query("VACUUM ANALYZE users.search_terms").execute(&mut connection).await?;
    connection.close().await?;
    println!(
        "Created {} users and {} follows in {} s. Sign in as {} (at example.org) with the password: {PASSWORD}",
        plan.users,
        plan.follows,
        started.elapsed().as_secs(),
        graph::NAMED.join(", "),
    );
    Ok(())
}
