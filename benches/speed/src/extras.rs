//! What is measured beside the routes: sign-ins, the log level, and age.
#![expect(clippy::cast_precision_loss, reason = "bytes of memory are few")]

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use sqlx::PgPool;

use crate::Plan;
use crate::instance::Instance;
use crate::load::{CONNECTIONS, Load, Mode, Sample, measure};
use crate::pgbench;
use crate::prepare::{PASSWORD, Prepared};
use crate::processes;
use crate::requests::with_json;
use crate::results::{Fact, Row};
use crate::routes::{GET_USER, ROUTES, Side, measure_route};
use crate::stats::quantile;

#[path = "../../support/crate_rate.rs"]
mod crate_rate;

/// Measurements of sign-ins, which take longer than others.
const ROUNDS: usize = 2;
/// Long enough for many sign-ins of each connection.
const SIGN_IN_SECONDS: u64 = 12;
/// Users whose hashes have the cost of production.
const PEOPLE: usize = 2000;
/// For two instances of the same program, whose differences are smaller than those between single rounds.
const TIMES_ROUNDS: usize = 3;
/// Connections that read while others sign in.
const READING: u32 = 8;
const MEGABYTE: f64 = 1e6;

/// The measured instance, and what is needed to start others.
pub struct Extras<'a> {
    pub plan: &'a Plan,
    pub kith: &'a Path,
    pub of_kith: Side<'a>,
    pub cost: u32,
    pub say: &'a dyn Fn(&str),
}

impl Extras<'_> {
    pub async fn measure(&self) -> anyhow::Result<Vec<Fact>> {
        let mut facts = self.sign_ins().await?;
        facts.push(self.log_level().await?);
        facts.extend(self.age().await?);
        (self.say)("pgbench");
        facts.extend(pgbench::run(self.of_kith.prepared, self.of_kith.postgres, self.plan.seconds).await?);
        Ok(facts)
    }

    async fn start(&self, log_level: &str) -> anyhow::Result<Instance> {
        Instance::kith(self.kith, &self.of_kith.prepared.environment, log_level, self.cost).await
    }

    fn side<'b>(&self, instance: &'b Instance) -> Side<'b>
    where
        Self: 'b,
    {
        Side { instance, ..self.of_kith }
    }

    /// Sign-ins on all cores, compared with the hashes of the crate on the same cores, and reads at the same time.
    async fn sign_ins(&self) -> anyhow::Result<Vec<Fact>> {
        (self.say)("sign-ins");
        let requests = self.sign_in_requests().await?;
        let sign_ins =
            Load { requests: &requests, mode: Mode::Repeat, connections: CONNECTIONS, seconds: SIGN_IN_SECONDS };
        let readers = (GET_USER.requests)(self.of_kith.prepared, 0);
        let reads = |seconds| Load { requests: &readers, mode: Mode::Repeat, connections: READING, seconds };
        let on_kith = |load| measure(load, self.of_kith.instance, self.of_kith.postgres);
        let (mut of_crate, mut calm, mut kept, mut slower, mut stormy) = (vec![], vec![], vec![], vec![], vec![]);
        let mut samples: Vec<Sample> = Vec::new();
        for _ in 0..ROUNDS {
            let (cost, window) = (self.cost, Duration::from_secs(5));
            let rate = tokio::task::spawn_blocking(move || crate_rate::crate_rate(PASSWORD, cost, window)).await?;
            let sample = on_kith(sign_ins).await?;
            of_crate.push(sample.rate / rate);
            let quiet = on_kith(reads(self.plan.seconds)).await?;
            let (storm, during) = tokio::try_join!(on_kith(sign_ins), async {
                // Until all connections wait for a hash.
                tokio::time::sleep(Duration::from_secs(2)).await;
                on_kith(reads(SIGN_IN_SECONDS - 4)).await
            })?;
            kept.push(during.rate / quiet.rate);
            slower.push(during.p99_ms / quiet.p99_ms);
            stormy.push(storm.rate / sample.rate);
            calm.push(quiet.rate);
            samples.push(sample);
        }
        let median = |values: &[f64]| quantile(values, 0.5);
        let of = |field: fn(&Sample) -> f64| Row::median(&samples, field);
        Ok(vec![
            Fact::new(
                format!("sign-ins, cost {}", self.cost),
                format!(
                    "{:.2} of the bcrypt crate: {:.1}/s, p50 {:.0} ms, p99 {:.0} ms",
                    median(&of_crate),
                    of(|sample| sample.rate),
                    of(|sample| sample.p50_ms),
                    of(|sample| sample.p99_ms)
                ),
                json!({ "of_crate": of_crate, "samples": samples }),
            ),
            Fact::new(
                "reads kept while 32 connections sign in",
                format!(
                    "{:.2} of {:.0}/s, p99 × {:.2}; sign-ins {:.2} of those without reads",
                    median(&kept),
                    median(&calm),
                    median(&slower),
                    median(&stormy)
                ),
                json!({ "reads": kept, "p99": slower, "sign_ins": stormy }),
            ),
        ])
    }

    /// Gives some users a hash of the measured cost, and returns their sign-ins.
    async fn sign_in_requests(&self) -> anyhow::Result<Vec<String>> {
        let Prepared { users, environment, .. } = self.of_kith.prepared;
        let people = &users[users.len() - PEOPLE.min(users.len())..];
        let hash = bcrypt::hash_with_salt(PASSWORD, self.cost, [7; 16])?.to_string();
        let pool = PgPool::connect(&environment.database_url).await?;
        sqlx::query("UPDATE users.users SET password_hash = $1 WHERE id = ANY($2)")
            .bind(hash)
            .bind(people.iter().map(|user| user.id).collect::<Vec<_>>())
            .execute(&pool)
            .await?;
        pool.close().await;
        let body = |email| json!({ "email": email, "password": PASSWORD });
        Ok(people.iter().map(|user| with_json("POST", "/auth/login", None, &body(&user.email))).collect())
    }

    /// Look-ups on one instance, compared with those on another.
    async fn compare(&self, name: &str, sides: [Side<'_>; 2]) -> anyhow::Result<Fact> {
        let plan = Plan { rounds: TIMES_ROUNDS * self.plan.rounds, ..self.plan.clone() };
        Ok(measure_route(&plan, &GET_USER, &sides).await?.into_fact(name))
    }

    /// The default log level, compared with `warn`.
    async fn log_level(&self) -> anyhow::Result<Fact> {
        (self.say)("log level");
        let (info, warn) = (self.start("info").await?, self.start("warn").await?);
        self.compare("default log level against warn", [self.side(&info), self.side(&warn)]).await
    }

    /// The instance that has served everything so far, compared with a fresh one.
    async fn age(&self) -> anyhow::Result<[Fact; 2]> {
        (self.say)("age");
        let aged = self.of_kith;
        for route in ROUTES.iter().filter(|route| !route.has_ceiling) {
            measure_route(&Plan { rounds: 1, ..self.plan.clone() }, route, &[aged]).await?;
        }
        let fresh = self.start("warn").await?;
        let speed = self.compare("after this run against a fresh instance", [aged, self.side(&fresh)]).await?;
        let megabytes = |instance: &Instance| anyhow::Ok(processes::resident(instance.process())? as f64 / MEGABYTE);
        let (old, new) = (megabytes(aged.instance)?, megabytes(&fresh)?);
        Ok([
            speed,
            Fact::new(
                "resident memory after this run",
                format!("{old:.0} MB, fresh {new:.0} MB"),
                json!({ "aged": old, "fresh": new }),
            ),
        ])
    }
}
