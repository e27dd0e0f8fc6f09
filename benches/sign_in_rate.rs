//! Sign-ins per second with all cores busy, compared with the hashes per second of the `bcrypt` crate on the same
//! cores in the same run. No service that uses the crate can sign in users faster.
//!
//! `make bench BENCH=sign_in_rate ARGS="12 24 5"`: cost, concurrent users, rounds.
#![expect(clippy::cast_precision_loss, reason = "seconds and counts are small")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Client;
use support::crate_rate::crate_rate;
use support::stats::quantile;
use support::{PASSWORD, Service, email, numbers};

/// How long the crate and the service are each measured in a round.
const WINDOW: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let [cost, users, rounds] = numbers([12, 24, 5]);
    let users = users as usize;
    let service = Arc::new(Service::start(cost).await?);
    let client = Client::new();
    service.populate(&client, users).await?;
    println!("cost {cost}, {users} concurrent users, {rounds} rounds, {WINDOW:?} per measurement");
    let (mut ratios, mut all_times) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        let ceiling = tokio::task::spawn_blocking(move || crate_rate(PASSWORD, cost, WINDOW)).await?;
        let (rate, times) = service_rate(&service, &client, users).await?;
        println!(
            "round {round}: crate {ceiling:.1} hashes/s, service {rate:.1} sign-ins/s, ratio {:.2}",
            rate / ceiling
        );
        ratios.push(rate / ceiling);
        all_times.extend(times);
    }
    println!(
        "{:.2} times the crate (median of {rounds} rounds); a sign-in takes {:.0} ms (p50), {:.0} ms (p99)",
        quantile(&ratios, 0.5),
        quantile(&all_times, 0.5),
        quantile(&all_times, 0.99),
    );
    Ok(())
}

/// Sign-ins per second, and the time of each in ms.
async fn service_rate(service: &Arc<Service>, client: &Client, users: usize) -> anyhow::Result<(f64, Vec<f64>)> {
    let started = Instant::now();
    let tasks: Vec<_> = (0..users)
        .map(|n| {
            let (service, client) = (service.clone(), client.clone());
            tokio::spawn(async move {
                let mut times = Vec::new();
                while started.elapsed() < WINDOW {
                    let sent = Instant::now();
                    let status = service.sign_in(&client, &email(n), PASSWORD).await?;
                    anyhow::ensure!(status == 200, "status {status}");
                    times.push(sent.elapsed().as_secs_f64() * 1000.0);
                }
                Ok(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    Ok((times.len() as f64 / started.elapsed().as_secs_f64(), times))
}
