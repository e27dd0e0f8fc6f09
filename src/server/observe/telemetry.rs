//! Where log lines go and how they look, and where traces go.

use std::io::IsTerminal as _;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use super::traces::Traces;

/// What traces hold beside the spans: statements, without their values, as events.
const TRACED: &str = "kith=info,sqlx::query=debug";

/// For services: one JSON object a line on stdout, and traces where there is somebody to send them to.
/// Hold on to the result until the end. Anything after the first call is ignored.
///
/// # Errors
/// When the variables for traces cannot be used.
pub fn init_json(filter: &str) -> anyhow::Result<Option<Traces>> {
    let lines = fmt::layer().json().flatten_event(true).with_filter(EnvFilter::new(filter));
    let wanted = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
    let traces = wanted.iter().any(|name| std::env::var(name).is_ok_and(|value| !value.is_empty()));
    let traces = traces.then(Traces::start).transpose()?;
    let spans = traces.as_ref().map(|traces| traces.layer().with_filter(EnvFilter::new(TRACED)));
    let _ = tracing_subscriber::registry().with(spans).with(lines).try_init();
    Ok(traces)
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
