//! Whether the time of a refused sign-in tells if the email is known: pairs of an unknown email and
//! a wrong password, in random order, against the release build; and a control in which the unknown
//! email is given 2 ms more, which must be seen.
//!
//! `make bench BENCH=sign_in_timing ARGS="2000 8"`: pairs, cost.

mod support;

use std::time::{Duration, Instant};

use reqwest::Client;
use support::stats::{bootstrap, quantile, trimmed_mean};
use support::{Service, email, numbers};

/// Milliseconds that a difference may have.
const BOUND: f64 = 0.5;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let [pairs, cost] = numbers([2000, 8]);
    let service = Service::start(cost).await?;
    let client = Client::new();
    service.populate(&client, 1).await?;
    println!("{pairs} pairs at cost {cost}: unknown email minus wrong password, in ms");
    measure(&service, &client, 50, Duration::ZERO).await?;
    report("as it is", &measure(&service, &client, pairs, Duration::ZERO).await?);
    report("control, 2 ms planted", &measure(&service, &client, pairs, Duration::from_millis(2)).await?);
    Ok(())
}

/// Milliseconds of (unknown email, wrong password), pair by pair.
async fn measure(service: &Service, client: &Client, pairs: u32, planted: Duration) -> anyhow::Result<Vec<(f64, f64)>> {
    let mut random = fastrand::Rng::new();
    let mut measured = Vec::new();
    for n in 0..pairs {
        let (mut unknown, mut wrong) = (0.0, 0.0);
        let known_first = random.bool();
        for known in [known_first, !known_first] {
            let address = if known { email(0) } else { format!("nobody{n}@example.org") };
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

fn report(title: &str, pairs: &[(f64, f64)]) {
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
        let inside = if low > -BOUND && high < BOUND { "inside" } else { "not inside" };
        println!("  {name:<13} {value:+.3}  95 % [{low:+.3}, {high:+.3}]  {inside} ±{BOUND}");
    }
}
