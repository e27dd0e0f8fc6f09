//! Tests whether the time of a rejected sign-in reveals anything about an account. Pairs of an unknown email and a
//! wrong password are sent to the release build in random order. The account is verified or not, and its hash has
//! the current cost, a lower one (by 1) or a higher one (by 1). Each case is measured alone, and then while 24 other
//! clients sign in. As a control, 2 ms are added for the unknown email, which must be detected.
//!
//! `make bench BENCH=sign_in_timing ARGS="2000 8 300"`: pairs alone, cost, pairs under load.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bcrypt::hash_with_salt;
use reqwest::Client;
use support::pairs::{measure_pairs, report};
use support::stats::quantile;
use support::{PASSWORD, Service, email, numbers};

/// The largest allowed difference in ms, measured alone.
const BOUND: f64 = 0.5;
/// The largest allowed difference under load, as a share of the sign-in time. Queueing varies by far more.
const LOADED_BOUND: f64 = 0.05;
/// Clients that sign in at the same time, in the measurements under load.
const LOAD_CLIENTS: usize = 24;

/// The accounts, in the order of their numbers. The last one raises the work of all sign-ins.
const ACCOUNTS: [&str; 4] = ["verified", "not verified", "hash with a lower cost", "hash with a higher cost"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let [pairs, cost, loaded_pairs] = numbers([2000, 8, 300]);
    let service = Arc::new(Service::start(cost).await?);
    let client = Client::new();
    service.populate(&client, ACCOUNTS.len()).await?;
    sqlx::query("UPDATE users.users SET email_verified = false WHERE email = $1")
        .bind(email(1))
        .execute(&service.pool)
        .await?;
    println!("unknown email minus wrong password, in ms; cost {cost}");
    measure(&service, &client, 0, 50, Duration::ZERO).await?;
    let control = measure(&service, &client, 0, pairs, Duration::from_millis(2)).await?;
    report("control, 2 ms added", &control, BOUND);
    for (number, account) in ACCOUNTS.into_iter().enumerate() {
        match number {
            2 => set_hash(&service, number, cost - 1).await?,
            3 => set_hash(&service, number, cost + 1).await?,
            _ => {}
        }
        let alone = measure(&service, &client, number, pairs, Duration::ZERO).await?;
        report(&format!("{account}, {pairs} pairs"), &alone, BOUND);
        let load = Load::start(&service);
        let loaded = measure(&service, &client, number, loaded_pairs, Duration::ZERO).await?;
        load.stop().await?;
        let typical = quantile(&loaded.iter().map(|(unknown, _)| *unknown).collect::<Vec<_>>(), 0.5);
        report(
            &format!("{account}, {loaded_pairs} pairs while {LOAD_CLIENTS} clients sign in ({typical:.0} ms each)"),
            &loaded,
            typical * LOADED_BOUND,
        );
    }
    Ok(())
}

async fn set_hash(service: &Service, number: usize, cost: u32) -> anyhow::Result<()> {
    let hash = hash_with_salt(PASSWORD, cost, [7; 16])?.to_string();
    sqlx::query("UPDATE users.users SET password_hash = $2 WHERE email = $1")
        .bind(email(number))
        .bind(hash)
        .execute(&service.pool)
        .await?;
    Ok(())
}

/// Clients that sign in again and again until stopped.
struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<tokio::task::JoinHandle<anyhow::Result<()>>>,
}

impl Load {
    fn start(service: &Arc<Service>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let clients = (0..LOAD_CLIENTS).map(|n| {
            let (service, stop) = (service.clone(), stop.clone());
            tokio::spawn(async move {
                let client = Client::new();
                while !stop.load(Ordering::Relaxed) {
                    let status = service.sign_in(&client, &format!("other{n}@example.org"), PASSWORD).await?;
                    anyhow::ensure!(status == 401, "status {status}");
                }
                Ok(())
            })
        });
        Self { stop: stop.clone(), clients: clients.collect() }
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await??;
        }
        Ok(())
    }
}

/// Measures pairs of (unknown email, wrong password for account `number`), in ms.
async fn measure(
    service: &Service,
    client: &Client,
    number: usize,
    pairs: u32,
    delay: Duration,
) -> anyhow::Result<Vec<(f64, f64)>> {
    let sign_in = async |address: String| -> anyhow::Result<()> {
        let status = service.sign_in(client, &address, "not the password").await?;
        anyhow::ensure!(status == 401, "status {status}");
        Ok(())
    };
    let unknown = async |n: u32| {
        sign_in(format!("absent{n}@example.org")).await?;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        Ok(())
    };
    measure_pairs(pairs, Duration::ZERO, unknown, async |_| sign_in(email(number)).await).await
}
