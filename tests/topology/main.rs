//! Tests of what is around the service when it outgrows one database server: streaming replicas, a failover, and a
//! pooler. PostgreSQL and PgBouncer are real. Run them with `make test`.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may panic, and may block or sleep")]

mod address;
mod failover;
mod node;
mod pooler;
mod reads;
mod replicas;
mod service;
#[path = "../it/support/mod.rs"]
#[expect(dead_code, reason = "tests/it uses the rest")]
mod support;
