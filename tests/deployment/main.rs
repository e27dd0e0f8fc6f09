//! Tests of the whole deployment: two real instances behind a real nginx, monitored by a real Prometheus and
//! Alertmanager, with the configuration in deploy/. Run them with `make test`.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may panic, and may block or sleep")]

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
#[expect(dead_code, reason = "tests/it uses the rest")]
mod support;
