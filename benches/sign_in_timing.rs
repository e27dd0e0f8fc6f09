//! Whether the time of a refused sign-in tells anything about an account: pairs of an unknown email and a
//! wrong password, in random order, against the release build. The account is verified or not, and its hash of
//! today's cost, an older one (1 less) or a newer one (1 more). First alone, then while 24 others sign in. As a
//! control, the unknown email is given 2 ms more, which must be seen.
//!
//! `make bench BENCH=sign_in_timing ARGS="2000 8 300"`: pairs alone, cost, pairs under load.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bcrypt::hash_with_salt;
use reqwest::Client;
use support::stats::{bootstrap, quantile, trimmed_mean};
use support::{PASSWORD, Service, email, numbers};

/// Milliseconds that a difference may have, alone.
const BOUND: f64 = 0.5;
/// The share of a sign-in under load that a difference may have: there, waiting varies by far more than that.
const LOADED_BOUND: f64 = 0.05;
/// Others who sign in at the same time, in the loaded mode.
const OTHERS: usize = 24;

/// The accounts, in the order of their numbers; the last raises the work of all sign-ins.
const ACCOUNTS: [&str; 4] = ["verified", "not verified", "hash of an older cost", "hash of a newer cost"];

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
    report("control, 2 ms planted", &control, BOUND);
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
        let usual = quantile(&loaded.iter().map(|(unknown, _)| *unknown).collect::<Vec<_>>(), 0.5);
        report(
            &format!("{account}, {loaded_pairs} pairs while {OTHERS} others sign in ({usual:.0} ms each)"),
            &loaded,
            usual * LOADED_BOUND,
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

/// Sign-ins, one after the other from each of the others, until stopped.
struct Load {
    stop: Arc<AtomicBool>,
    others: Vec<tokio::task::JoinHandle<anyhow::Result<()>>>,
}

impl Load {
    fn start(service: &Arc<Service>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let others = (0..OTHERS).map(|n| {
            let (service, stop) = (service.clone(), stop.clone());
            tokio::spawn(async move {
                let client = Client::new();
                while !stop.load(Ordering::Relaxed) {
                    let status = service.sign_in(&client, &format!("other{n}@example.org"), PASSWORD).await?;
                    anyhow::ensure!(status == 401, "answered {status}");
                }
                Ok(())
            })
        });
        Self { stop: stop.clone(), others: others.collect() }
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        for other in self.others {
            other.await??;
        }
        Ok(())
    }
}

/// Milliseconds of (unknown email, wrong password for the account of this number), pair by pair.
async fn measure(
    service: &Service,
    client: &Client,
    number: usize,
    pairs: u32,
    planted: Duration,
) -> anyhow::Result<Vec<(f64, f64)>> {
    let mut random = fastrand::Rng::new();
    let mut measured = Vec::new();
    for n in 0..pairs {
        let (mut unknown, mut wrong) = (0.0, 0.0);
        let known_first = random.bool();
        for known in [known_first, !known_first] {
            let address = if known { email(number) } else { format!("nobody{n}@example.org") };
            let started = Instant::now();
            let status = service.sign_in(client, &address, "not the password").await?;
            if !known && !planted.is_zero() {
                tokio::time::sleep(planted).await;
            }
            let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
            anyhow::ensure!(status == 401, "answered {status}");
            *if known { &mut wrong } else { &mut unknown } = milliseconds;
        }
        measured.push((unknown, wrong));
    }
    Ok(measured)
}

fn report(title: &str, pairs: &[(f64, f64)], bound: f64) {
    let of = |pairs: &[(f64, f64)], statistic: &dyn Fn(&[f64]) -> f64| {
        let (unknown, wrong): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        statistic(&unknown) - statistic(&wrong)
    };
    let differences = |pairs: &[(f64, f64)]| pairs.iter().map(|(unknown, wrong)| unknown - wrong).collect::<Vec<_>>();
    println!("{title}");
    for (name, (value, low, high)) in [
        ("median", bootstrap(pairs, |pairs| quantile(&differences(pairs), 0.5))),
        ("trimmed mean", bootstrap(pairs, |pairs| trimmed_mean(&differences(pairs)))),
        ("p90", bootstrap(pairs, |pairs| of(pairs, &|values| quantile(values, 0.9)))),
    ] {
        let inside = if low > -bound && high < bound { "inside" } else { "not inside" };
        println!("  {name:<13} {value:+.3}  95 % [{low:+.3}, {high:+.3}]  {inside} ±{bound:.2}");
    }
}
