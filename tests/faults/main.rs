//! Faults, caused for real: the binary runs in processes of its own, which are killed, starved of connections and disk
//! space, and given wrong clocks.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may panic, and may block or sleep")]

mod clock;
mod disk_full;
mod killed;
mod pool_exhausted;
mod service;
#[path = "../it/support/mod.rs"]
#[expect(dead_code, reason = "tests/it uses the rest")]
mod support;
mod two_instances;
