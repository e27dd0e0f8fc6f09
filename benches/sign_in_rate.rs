//! How many people sign in per second with all cores busy, against what the `bcrypt` crate hashes on
//! the same cores in the same run, which is the ceiling of a service that uses it.
//!
//! `make bench BENCH=sign_in_rate ARGS="12 24 5"`: cost, people at once, rounds.
#![expect(clippy::cast_precision_loss, reason = "seconds and counts are few")]

mod support;

use std::sync::Arc;
use std::thread::{self, available_parallelism};
use std::time::{Duration, Instant};

use reqwest::Client;
use support::stats::quantile;
use support::{PASSWORD, Service, email, numbers};

/// How long each side is measured in a round.
const WINDOW: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let [cost, people, rounds] = numbers([12, 24, 5]);
    let people = people as usize;
    let service = Arc::new(Service::start(cost).await?);
    let client = Client::new();
    service.populate(&client, people).await?;
    println!("cost {cost}, {people} people at once, {rounds} rounds of {WINDOW:?} each side");
    let (mut ratios, mut waits) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        let ceiling = tokio::task::spawn_blocking(move || crate_rate(cost)).await?;
        let (rate, more) = service_rate(&service, &client, people).await?;
        println!(
            "round {round}: crate {ceiling:.1} hashes/s, service {rate:.1} sign-ins/s, {:.2} times",
            rate / ceiling
        );
        ratios.push(rate / ceiling);
        waits.extend(more);
    }
    println!(
        "{:.2} times the crate (median of {rounds}); a sign-in takes {:.0} ms (p50), {:.0} ms (p99)",
        quantile(&ratios, 0.5),
        quantile(&waits, 0.5),
        quantile(&waits, 0.99),
    );
    Ok(())
}

/// Hashes per second of the crate with a thread for each core.
fn crate_rate(cost: u32) -> f64 {
    let started = Instant::now();
    let work = || {
        let mut hashes = 0_u32;
        while started.elapsed() < WINDOW {
            std::hint::black_box(bcrypt::hash_with_salt(PASSWORD, cost, [7; 16]).is_ok());
            hashes += 1;
        }
        hashes
    };
    let cores = available_parallelism().map_or(1, usize::from);
    let hashes: u32 = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).sum()
    });
    f64::from(hashes) / started.elapsed().as_secs_f64()
}

/// Sign-ins per second, and the milliseconds that each took.
async fn service_rate(service: &Arc<Service>, client: &Client, people: usize) -> anyhow::Result<(f64, Vec<f64>)> {
    let started = Instant::now();
    let tasks: Vec<_> = (0..people)
        .map(|n| {
            let (service, client) = (service.clone(), client.clone());
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while started.elapsed() < WINDOW {
                    let asked = Instant::now();
                    let status = service.sign_in(&client, &email(n), PASSWORD).await?;
                    anyhow::ensure!(status == 200, "answered {status}");
                    waits.push(asked.elapsed().as_secs_f64() * 1000.0);
                }
                Ok(waits)
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await??);
    }
    Ok((waits.len() as f64 / started.elapsed().as_secs_f64(), waits))
}
