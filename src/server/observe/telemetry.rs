//! Sets up logs and traces.

use std::io::IsTerminal as _;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use super::traces::Traces;

/// Traces contain spans, and SQL statements as events, without their values.
const TRACE_FILTER: &str = "kith=info,sqlx::query=debug";

/// For services: logs one JSON object per line to stdout, and sends traces if an endpoint is configured. Keep the
/// result until the process exits. Only the first call has an effect.
///
/// # Errors
/// If the variables for traces are invalid.
pub fn init_json(filter: &str) -> anyhow::Result<Option<Traces>> {
    let lines = fmt::layer().json().flatten_event(true).with_filter(EnvFilter::new(filter));
    let endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
    let traces = endpoints.iter().any(|name| std::env::var(name).is_ok_and(|value| !value.is_empty()));
    let traces = traces.then(Traces::start).transpose()?;
    let spans = traces.as_ref().map(|traces| traces.layer().with_filter(EnvFilter::new(TRACE_FILTER)));
    let _ = tracing_subscriber::registry().with(spans).with(lines).try_init();
    Ok(traces)
}

/// For people: logs readable lines to stderr. Only the first call has an effect.
pub fn init_pretty(filter: &str) {
    let _ = fmt()
        .compact()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}
