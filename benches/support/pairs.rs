//! Paired measurements: whether two requests take the same time.
#![allow(dead_code, reason = "each benchmark uses a part")]

use std::time::{Duration, Instant};

use super::stats::{bootstrap, quantile, trimmed_mean};

/// Measures pairs of both requests, in random order, in ms. The requests get the number of the pair. Before each,
/// `pause` lets work end that the one before has left in the background.
pub async fn measure_pairs(
    pairs: u32,
    pause: Duration,
    first: impl AsyncFn(u32) -> anyhow::Result<()>,
    second: impl AsyncFn(u32) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<(f64, f64)>> {
    let mut random = fastrand::Rng::new();
    let mut measured = Vec::new();
    for n in 0..pairs {
        let (mut of_first, mut of_second) = (0.0, 0.0);
        let begins_with_first = random.bool();
        for is_first in [begins_with_first, !begins_with_first] {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            let started = Instant::now();
            if is_first {
                first(n).await?;
            } else {
                second(n).await?;
            }
            let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
            *if is_first { &mut of_first } else { &mut of_second } = milliseconds;
        }
        measured.push((of_first, of_second));
    }
    Ok(measured)
}

/// Prints the differences of the pairs, and whether their 95% intervals are within the bound, in ms.
pub fn report(title: &str, pairs: &[(f64, f64)], bound: f64) {
    let of = |pairs: &[(f64, f64)], statistic: &dyn Fn(&[f64]) -> f64| {
        let (first, second): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        statistic(&first) - statistic(&second)
    };
    let differences = |pairs: &[(f64, f64)]| pairs.iter().map(|(first, second)| first - second).collect::<Vec<_>>();
    println!("{title}");
    for (name, (value, low, high)) in [
        ("median", bootstrap(pairs, |pairs| quantile(&differences(pairs), 0.5))),
        ("trimmed mean", bootstrap(pairs, |pairs| trimmed_mean(&differences(pairs)))),
        ("p90", bootstrap(pairs, |pairs| of(pairs, &|values| quantile(values, 0.9)))),
    ] {
        let verdict = if low > -bound && high < bound { "within" } else { "not within" };
        println!("  {name:<13} {value:+.3}  95% [{low:+.3}, {high:+.3}]  {verdict} ±{bound:.2}");
    }
}
