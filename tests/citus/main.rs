//! Tests of the layout for several machines that need a cluster, whose nodes `KITH_CITUS_URL` names. `make test-citus`
//! runs them, and `tests/it` on the same cluster.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may panic, and may block or sleep")]

mod command;
mod doctor;
mod migrate;
mod node_down;
#[path = "../it/support/mod.rs"]
#[expect(dead_code, reason = "tests/it uses the rest")]
mod support;
