//! Hostile values, in a process of their own, as a service has: beside the many runtimes of other tests in one
//! process, rendering a page was seen to wait for a wake-up that never came, in a debug build. Run them with
//! `make test`.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and may take its time"
)]

#[path = "../it/support/mod.rs"]
#[expect(dead_code, reason = "the tests over HTTP use the rest")]
mod support;
mod values;
