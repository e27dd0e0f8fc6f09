//! Decides which pooled connections are too old to use.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Connections opened before the cutoff must not be used.
#[derive(Debug)]
pub struct ConnectionCutoff {
    started: Instant,
    /// Milliseconds since the start; 0 if there is no cutoff.
    cutoff: AtomicU64,
}

impl ConnectionCutoff {
    pub fn new() -> Self {
        Self { started: Instant::now(), cutoff: AtomicU64::new(0) }
    }

    /// Excludes all connections that have been opened so far.
    pub fn set_now(&self) {
        self.cutoff.store(self.now(), Ordering::Relaxed);
    }

    /// Returns whether a connection of this age must be closed.
    pub fn excludes(&self, age: Duration) -> bool {
        let cutoff = self.cutoff.load(Ordering::Relaxed);
        cutoff > 0 && self.now().saturating_sub(millis(age)) <= cutoff
    }

    fn now(&self) -> u64 {
        millis(self.started.elapsed())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
