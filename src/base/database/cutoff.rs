//! Which pooled connections are too old to be used.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The moment before which a connection must not have been opened.
#[derive(Debug)]
pub struct ConnectionCutoff {
    started: Instant,
    /// Milliseconds since the start.
    since: AtomicU64,
}

impl ConnectionCutoff {
    pub fn new() -> Self {
        Self { started: Instant::now(), since: AtomicU64::new(0) }
    }

    /// From here on, only connections that are opened later are good.
    pub fn set_now(&self) {
        self.since.store(self.now(), Ordering::Relaxed);
    }

    /// Whether a connection of this age is to be closed.
    pub fn excludes(&self, age: Duration) -> bool {
        let since = self.since.load(Ordering::Relaxed);
        since > 0 && self.now().saturating_sub(millis(age)) <= since
    }

    fn now(&self) -> u64 {
        millis(self.started.elapsed())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
