//! The rate of the `bcrypt` crate, which no service that uses it can exceed.
#![allow(dead_code, reason = "each benchmark uses a part")]

use std::thread::{self, available_parallelism};
use std::time::{Duration, Instant};

/// Hashes per second of the crate with one thread per core, over about `window`.
pub fn crate_rate(password: &str, cost: u32, window: Duration) -> f64 {
    let started = Instant::now();
    let work = || {
        let mut hashes = 0_u32;
        while started.elapsed() < window {
            std::hint::black_box(bcrypt::hash_with_salt(password, cost, [7; 16]).is_ok());
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
