//! Two versions of Kith, each on a database of its own.

use std::path::Path;
use std::time::Instant;

use crate::Plan;
use crate::database::Postgres;
use crate::instance::{Environment, Instance};
use crate::prepare::Prepared;
use crate::results::report;
use crate::routes::{self, Side};
use crate::run::{COST, measure_routes};

/// Measures version `b` in alternation with version `a`.
pub async fn run(plan: &Plan, [a, b]: [&Path; 2]) -> anyhow::Result<()> {
    let started = Instant::now();
    let say = |text: &str| eprintln!("[{:>3} s] {text}", started.elapsed().as_secs());
    let postgres = Postgres::start().await?;
    let mut versions = Vec::new();
    for (kith, name) in [(b, "b"), (a, "a")] {
        say(&format!("filling the database of {}", name.to_uppercase()));
        let environment = Environment::new(postgres.seed(kith, name, plan).await?)?;
        let prepared = Prepared::new(kith, environment, routes::sign_ins(plan, 2)).await?;
        let instance = Instance::kith(kith, &prepared.environment, "warn", COST).await?;
        versions.push((prepared, instance));
    }
    let sides: Vec<Side<'_>> =
        versions.iter().map(|(prepared, instance)| Side { instance, prepared, postgres: postgres.process }).collect();
    let rows = measure_routes(plan, &sides, |_| true, say).await?;
    say("done\n");
    report(plan, ["B", "A"], &rows, &[])
}
