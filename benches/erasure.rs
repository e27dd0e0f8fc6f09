//! Hides, restores and erases an account with many followers, while its followers follow and unfollow each other.
//! Reports how long each step takes, its transactions (which is how long it holds a lock), and how much longer the
//! follows of others take than in the same run without it. The longest of these without it shows what the disk alone
//! causes. The benchmark starts its own database, whose commits reach the disk as in production.
//!
//! `make bench BENCH=erasure ARGS=1000000`: followers.

#![expect(clippy::cast_precision_loss, reason = "counts are small")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use kith::base::database::pool::Pool;
use kith::base::database::{Database, Limits, begin};
use kith::base::lease::Lease;
use kith::base::sweep::{Left, SweepGuard};
use kith::cli::dev::postgres::Cluster;
use kith::domain::accounts::erasure;
use kith::domain::accounts::settings::SelfService;
use kith::domain::graph::{follows, hiding};
use kith::domain::sign_in::calling_user::CallingUser;
use kith::model::id::UserId;
use kith::server::run::migrate;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use support::numbers;
use support::stats::quantile;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SETTINGS: SelfService = SelfService { reset_minutes: 60, deletion_grace_days: 14, username_hold_days: Some(180) };
/// The name of the connections that hide, restore and erase.
const WORKER: &str = "worker";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let [followers] = numbers([100_000]);
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let cluster = Cluster::persistent(dir.path())?;
    let options: PgConnectOptions = cluster.url().parse()?;
    migrate::run(&options).await?;
    let pool = Database::connect(&options, Limits::default(), CancellationToken::new()).await?;
    let worker = PgPoolOptions::new().max_connections(2).connect_with(options.application_name(WORKER)).await?;
    let worker = Pool::from(worker);
    let (star, others) = populate(&worker, followers).await?;
    println!("{followers} followers");

    let load = Load::start(&pool, others.clone(), &worker);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let idle = load.stop().await?;
    println!(
        "follows of others without it: median {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        idle.median, idle.p99, idle.longest
    );
    let step = async |name: &str, work: &dyn AsyncStep| -> anyhow::Result<()> {
        let load = Load::start(&pool, others.clone(), &worker);
        let started = Instant::now();
        work.run(&worker, star).await?;
        let took = started.elapsed();
        let report = load.stop().await?;
        println!(
            "{name}: {:.1} s; longest transaction {:.1} ms, {:.2}% seen to take longer than 100 ms \
             (waiting for {:?}); follows of others: median {:.1} times, p99 {:.1} times, longest {:.1} ms",
            took.as_secs_f64(),
            report.longest_transaction,
            report.long_share * 100.0,
            report.waits,
            report.median / idle.median,
            report.p99 / idle.p99,
            report.longest,
        );
        Ok(())
    };
    step("hide", &Hide).await?;
    step("restore", &Restore).await?;
    step("erase", &Erase).await
}

/// A step of the life of an account.
#[async_trait::async_trait]
trait AsyncStep {
    async fn run(&self, pool: &Pool, user: Uuid) -> anyhow::Result<()>;
}

struct Hide;
struct Restore;
struct Erase;

#[async_trait::async_trait]
impl AsyncStep for Hide {
    async fn run(&self, pool: &Pool, user: Uuid) -> anyhow::Result<()> {
        let mut transaction = begin(pool).await?;
        let mark = "UPDATE users.users SET deletes_at = now() + interval '14 days' WHERE id = $1";
        sqlx::query(mark).bind(user).execute(&mut *transaction).await?;
        hiding::hide(&mut transaction, user).await?;
        transaction.commit().await?;
        move_follows(pool).await
    }
}

#[async_trait::async_trait]
impl AsyncStep for Restore {
    async fn run(&self, pool: &Pool, user: Uuid) -> anyhow::Result<()> {
        let mut transaction = begin(pool).await?;
        let mark = "UPDATE users.users SET deletes_at = NULL WHERE id = $1";
        sqlx::query(mark).bind(user).execute(&mut *transaction).await?;
        hiding::restore(&mut transaction, user).await?;
        transaction.commit().await?;
        move_follows(pool).await
    }
}

#[async_trait::async_trait]
impl AsyncStep for Erase {
    async fn run(&self, pool: &Pool, user: Uuid) -> anyhow::Result<()> {
        let mark = "UPDATE users.users SET deletes_at = now() WHERE id = $1";
        sqlx::query(mark).bind(user).execute(pool).await?;
        let mut guard = guard(pool).await?;
        while erasure::erase_due(pool, SETTINGS, &mut guard).await? == Left::Work {}
        guard.end().await?;
        let is_left = "SELECT EXISTS (SELECT FROM users.users WHERE id = $1)";
        let is_left: bool = sqlx::query_scalar(is_left).bind(user).fetch_one(pool).await?;
        anyhow::ensure!(!is_left, "the account is still there");
        Ok(())
    }
}

async fn move_follows(pool: &Pool) -> anyhow::Result<()> {
    let mut guard = guard(pool).await?;
    while hiding::advance_each(pool, &mut guard).await? == Left::Work {}
    guard.end().await?;
    Ok(())
}

async fn guard(pool: &Pool) -> anyhow::Result<SweepGuard> {
    let lease = Lease::acquire(pool, "accounts", Duration::from_mins(1)).await?;
    Ok(SweepGuard::new(lease.context("the lease is held")?, CancellationToken::new()))
}

/// Creates the account and its followers. Returns their ids.
async fn populate(pool: &Pool, followers: u32) -> anyhow::Result<(Uuid, Arc<Vec<Uuid>>)> {
    let mut ids: Vec<Uuid> = sqlx::query_scalar(
        "INSERT INTO users.users (id, email, username, password_hash)
         SELECT gen_random_uuid(), n || '@example.org', n, 'x' FROM generate_series(0, $1) n RETURNING id",
    )
    .bind(i32::try_from(followers)?)
    .fetch_all(pool)
    .await?;
    let star = ids.swap_remove(0);
    sqlx::query(
        "INSERT INTO users.follows (follower_id, followee_id, created_at)
         SELECT id, $1, now() - make_interval(secs => row_number() OVER ()) FROM users.users WHERE id <> $1",
    )
    .bind(star)
    .execute(pool)
    .await?;
    sqlx::raw_sql("VACUUM ANALYZE").execute(pool).await?;
    ids.truncate(1000);
    Ok((star, Arc::new(ids)))
}

/// Follows by others, and the longest transaction of the worker, until stopped.
struct Load {
    stop: Arc<AtomicBool>,
    follows: tokio::task::JoinHandle<anyhow::Result<Vec<f64>>>,
    transactions: tokio::task::JoinHandle<anyhow::Result<(Vec<f64>, Waits)>>,
}

/// In how many samples a transaction was waiting for each `wait_event`.
type Waits = BTreeMap<String, u32>;

/// What [`Load`] has seen, in ms.
struct Report {
    median: f64,
    p99: f64,
    longest: f64,
    longest_transaction: f64,
    /// The share of samples in which a transaction was older than 100 ms.
    long_share: f64,
    /// What these transactions were waiting for.
    waits: Waits,
}

impl Load {
    fn start(pool: &Database, users: Arc<Vec<Uuid>>, worker: &Pool) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (pool, stopped) = (pool.clone(), stop.clone());
        let follows = tokio::spawn(async move {
            let (mut random, mut taken) = (fastrand::Rng::new(), Vec::new());
            while !stopped.load(Ordering::Relaxed) {
                let (follower, followee) = (users[random.usize(..users.len())], users[random.usize(..users.len())]);
                if follower == followee {
                    continue;
                }
                let caller = CallingUser { id: UserId(follower), sign_in: None, authenticated_at: None };
                let started = Instant::now();
                follows::follow(&pool, caller, UserId(followee)).await?;
                follows::unfollow(&pool, caller, UserId(followee)).await?;
                taken.push(started.elapsed().as_secs_f64() * 1000.0 / 2.0);
            }
            Ok(taken)
        });
        let (worker, stopped) = (worker.clone(), stop.clone());
        let transactions = tokio::spawn(async move {
            let (mut ages, mut waits) = (Vec::new(), BTreeMap::new());
            while !stopped.load(Ordering::Relaxed) {
                // The renewal of the lease after each batch waits for the disk, but locks no follow and no account.
                let oldest = "SELECT (extract(epoch FROM clock_timestamp() - xact_start) * 1000)::float8,
                                     coalesce(wait_event, 'nothing')
                              FROM pg_stat_activity
                              WHERE application_name = $1 AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
                                  AND query NOT LIKE '%users.leases%'
                              ORDER BY xact_start LIMIT 1";
                let oldest: Option<(f64, String)> = sqlx::query_as(oldest).bind(WORKER).fetch_optional(&worker).await?;
                let (age, wait) = oldest.unwrap_or_default();
                if age > 100.0 {
                    *waits.entry(wait).or_insert(0) += 1;
                }
                ages.push(age);
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Ok((ages, waits))
        });
        Self { stop, follows, transactions }
    }

    async fn stop(self) -> anyhow::Result<Report> {
        self.stop.store(true, Ordering::Relaxed);
        let taken = self.follows.await??;
        let (ages, waits) = self.transactions.await??;
        let long = ages.iter().filter(|age| **age > 100.0).count();
        Ok(Report {
            median: quantile(&taken, 0.5),
            p99: quantile(&taken, 0.99),
            longest: quantile(&taken, 1.0),
            longest_transaction: quantile(&ages, 1.0),
            long_share: long as f64 / ages.len() as f64,
            waits,
        })
    }
}
