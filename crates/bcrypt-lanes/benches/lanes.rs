//! How many passwords a core hashes in the time that the `bcrypt` crate needs for one, by number of lanes.
//!
//! `cargo bench -p bcrypt-lanes --bench lanes -- 12` runs with cost 12 (default 8). A second number sets the rounds.
//! Each round measures the crate and then a batch, in CPU time of this thread, so the ratios also hold on a busy
//! machine. The results are medians of the rounds.
#![expect(clippy::cast_precision_loss, reason = "seconds and lanes are small")]

use std::hint::black_box;

use bcrypt_lanes::batch::{Job, LANES, hash_batch};
use rustix::time::{ClockId, clock_gettime};

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let cost: u32 = numbers.next().unwrap_or(8);
    let rounds = numbers.next().unwrap_or(21).max(1);
    println!("cost {cost}, {rounds} rounds");
    let jobs: [Job; LANES] = std::array::from_fn(|lane| Job {
        password: format!("the password of lane {lane}").into_bytes().into(),
        salt: [u8::try_from(lane).unwrap_or_default(); 16],
        cost,
    });
    for lanes in 1..=LANES {
        let mut batches: Vec<f64> = (0..rounds).map(|_| batch_over_one(cost, &jobs[..lanes])).collect();
        batches.sort_by(f64::total_cmp);
        let [low, median, high] = [1, 5, 9].map(|tenth| batches[(rounds as usize * tenth / 10).min(batches.len() - 1)]);
        let per_core = |batch: f64| lanes as f64 / batch;
        println!(
            "{lanes} lanes: {:.2} times the crate (p10 {:.2}, p90 {:.2}); a batch takes {median:.2} times as long as one hash",
            per_core(median),
            per_core(high),
            per_core(low),
        );
    }
}

/// The time of a batch divided by the time that the crate needs for one hash.
fn batch_over_one(cost: u32, jobs: &[Job]) -> f64 {
    let one = seconds(|| bcrypt::hash_with_salt(&*jobs[0].password, cost, jobs[0].salt).is_ok());
    seconds(|| hash_batch(cost, jobs)) / one
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let start = now();
    black_box(work());
    now() - start
}
