//! Tests of the whole estate: two real instances behind a real nginx, watched by a real Prometheus and
//! Alertmanager, with the configuration in deploy/. Run them with `make test`.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and may take its time"
)]

mod alerts;
mod compose;
mod configuration;
mod deployment;
mod failover;
mod load;
mod names;
mod nginx;
mod proxy;
mod roles;
mod rules;
#[path = "../it/support/mod.rs"]
#[expect(dead_code, reason = "the tests over HTTP use the rest")]
mod support;
