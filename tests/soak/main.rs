//! Mixed traffic, errors included, for `SOAK_MINUTES` (5 by default): an instance must not need more memory, file
//! descriptors or database connections with age. `make soak` runs it for an hour on the release build.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may panic, and may block or sleep")]
#![expect(clippy::cast_precision_loss, reason = "counts are small")]

#[path = "../../benches/support/processes.rs"]
mod processes;
#[path = "../faults/service.rs"]
#[expect(dead_code, reason = "tests/faults uses the rest")]
mod service;
#[path = "../it/support/mod.rs"]
#[expect(dead_code, reason = "tests/it uses the rest")]
mod support;
mod traffic;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kith::cli::dev::seed;
use service::{Instance, World};
use support::database::options;
use support::process::free_address;
use traffic::{Counters, Targets, Visitor};

/// Clients, each with a connection of its own.
const VISITORS: usize = 12;
/// Measurements of memory and the like. Those of the second and the last quarter are compared.
const SAMPLES: u32 = 20;
/// Connections of an instance to PostgreSQL: its pool, and one for /health (README, `POOL_SIZE`).
const CONNECTIONS: usize = 20 + 1;
/// Descriptors that come and go, such as of connections that clients have just closed.
const SPARE_DESCRIPTORS: usize = 24;
/// How much more memory the last quarter may need than the second. An allocator keeps some of what was freed.
const GROWTH: f64 = 1.15;
const SPARE_MEGABYTES: f64 = 8.0;

/// What an instance uses at one moment.
struct Sample {
    megabytes: f64,
    descriptors: usize,
    connections: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_descriptors_and_connections_stay_flat_under_mixed_traffic() {
    let minutes = std::env::var("SOAK_MINUTES").map_or(5.0, |minutes| minutes.parse::<f64>().expect("a number"));
    let world = World::create().await;
    let plan = seed::Plan { users: 2000, follows: 10_000, seed: 1 };
    seed::run(&options(&world.database.url), plan).await.unwrap();
    let targets = Arc::new(Targets::read(&world.database.pool).await);
    let address = free_address();
    let mut command = program(world.serve(&address));
    command.env("RATE_LIMITS", "off").env("RUST_LOG", "error");
    let instance = Instance::start(command, &address).await;
    let idle = processes::descriptors(instance.process.child.id()).unwrap();

    let (counters, stop) = (Arc::new(Counters::default()), Arc::new(AtomicBool::new(false)));
    let mut visitors = tokio::task::JoinSet::new();
    for number in 0..VISITORS {
        let (targets, counters, stop, address) = (targets.clone(), counters.clone(), stop.clone(), address.clone());
        visitors.spawn(async move {
            let mut visitor = Visitor::new(&address, targets, number).await;
            while !stop.load(Ordering::Relaxed) {
                visitor.step(&counters).await;
            }
        });
    }
    let mut samples = Vec::new();
    let interval = Duration::from_secs_f64(minutes * 60.0 / f64::from(SAMPLES));
    println!(
        "{:>8} {:>8} {:>8} {:>12} {:>12} {:>12}",
        "s", "req/s", "ms", "allocated MB", "descriptors", "connections"
    );
    for number in 1..=SAMPLES {
        let started = Instant::now();
        let (requests, looked_up, waited) = counters.read();
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            failed = visitors.join_next() => panic!("a visitor has stopped: {failed:?}"),
        }
        let sample = measure(&world, &instance).await;
        let (requests_now, looked_up_now, waited_now) = counters.read();
        // Speed is printed and never judged: other programs may run on this machine.
        println!(
            "{:>8.0} {:>8.0} {:>8.2} {:>12.1} {:>12} {:>12}",
            interval.as_secs_f64() * f64::from(number),
            (requests_now - requests) as f64 / started.elapsed().as_secs_f64(),
            (waited_now - waited) as f64 / 1000.0 / (looked_up_now - looked_up).max(1) as f64,
            sample.megabytes,
            sample.descriptors,
            sample.connections
        );
        samples.push(sample);
    }
    stop.store(true, Ordering::Relaxed);
    while let Some(visitor) = visitors.join_next().await {
        visitor.unwrap();
    }
    // Their connections are closed. What is left belongs to the instance.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let end = measure(&world, &instance).await;

    let quarter = samples.len() / 4;
    let median = |samples: &[Sample]| {
        let mut megabytes: Vec<f64> = samples.iter().map(|sample| sample.megabytes).collect();
        megabytes.sort_by(f64::total_cmp);
        megabytes[megabytes.len() / 2]
    };
    let (early, late) = (median(&samples[quarter..2 * quarter]), median(&samples[3 * quarter..]));
    println!(
        "{early:.1} MB in the second quarter, {late:.1} MB in the last; {} descriptors at the end",
        end.descriptors
    );
    assert!(late <= early * GROWTH + SPARE_MEGABYTES, "memory has grown from {early:.1} to {late:.1} MB");
    for sample in &samples {
        assert!(sample.connections <= CONNECTIONS, "{} connections to PostgreSQL", sample.connections);
        let most = idle + CONNECTIONS + VISITORS + SPARE_DESCRIPTORS;
        assert!(sample.descriptors <= most, "{} descriptors, {idle} when idle", sample.descriptors);
    }
    assert!(end.descriptors <= idle + CONNECTIONS, "{} descriptors at the end, {idle} when idle", end.descriptors);
}

/// The binary to run: that of the tests, or the one in `KITH_SOAK_BINARY`.
fn program(command: Command) -> Command {
    let Some(binary) = std::env::var_os("KITH_SOAK_BINARY") else { return command };
    let mut other = Command::new(binary);
    other.args(command.get_args()).env_clear();
    other.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    other
}

async fn measure(world: &World, instance: &Instance) -> Sample {
    let process = instance.process.child.id();
    let pool = &world.database.pool;
    let statement = "SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND backend_type = 'client backend'";
    let all: i64 = sqlx::query_scalar(statement).fetch_one(pool).await.unwrap();
    Sample {
        megabytes: processes::allocated(process).unwrap() as f64 / 1e6,
        descriptors: processes::descriptors(process).unwrap(),
        connections: usize::try_from(all).unwrap() - pool.size() as usize,
    }
}
