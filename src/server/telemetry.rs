//! Where log lines go and how they look.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt};

/// For services: one JSON object a line on stdout. Anything after the first call is ignored.
pub fn init_json(filter: &str) {
    let _ = fmt().json().flatten_event(true).with_env_filter(EnvFilter::new(filter)).try_init();
}

/// For people: readable lines on stderr. Anything after the first call is ignored.
pub fn init_pretty(filter: &str) {
    let _ = fmt()
        .compact()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}
