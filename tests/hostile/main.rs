//! Hostile input, in a process of its own, as the service has in production: next to the many runtimes of the other
//! tests, a debug build was seen to hang while rendering a page, waiting for a wake-up that never came. Run them
//! with `make test`.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may panic, and may block or sleep")]

#[path = "../it/support/mod.rs"]
#[expect(dead_code, reason = "tests/it uses the rest")]
mod support;
mod values;
