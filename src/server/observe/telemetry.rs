//! Sets up logs and traces.

use std::io::{BufWriter, IsTerminal as _, stdout};
use std::sync::OnceLock;

use json_subscriber::fmt as json;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use super::traces::Traces;

/// Traces contain spans, and SQL statements as events, without their values.
const TRACE_FILTER: &str = "kith=info,sqlx::query=debug";

/// Lines that wait to be written, about 4 MB.
const WAITING_LINES_MAX: usize = 8192;

static LOST_LINES: OnceLock<ErrorCounter> = OnceLock::new();

/// Writes the remaining log lines, and sends the remaining traces, when dropped.
pub struct Telemetry {
    _traces: Option<Traces>,
    _lines: WorkerGuard,
}

/// For services: logs one JSON object per line to stdout, and sends traces if an endpoint is configured. Keep the
/// result until the process exits. Only the first call has an effect.
///
/// Lines are written by a separate thread. If stdout is not read fast enough, requests do not wait for it: lines are
/// lost, and counted.
///
/// # Errors
/// If the variables for traces are invalid.
pub fn init_json(filter: &str) -> anyhow::Result<Telemetry> {
    let writer = NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES_MAX).lossy(true);
    let (writer, guard) = writer.finish(BufWriter::new(stdout()));
    LOST_LINES.get_or_init(|| writer.error_counter());
    let lines = json::layer().flatten_event(true).with_writer(writer).with_filter(EnvFilter::new(filter));
    let endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
    let traces = endpoints.iter().any(|name| std::env::var(name).is_ok_and(|value| !value.is_empty()));
    let traces = traces.then(Traces::start).transpose()?;
    let spans = traces.as_ref().map(|traces| traces.layer().with_filter(EnvFilter::new(TRACE_FILTER)));
    let _ = tracing_subscriber::registry().with(spans).with(lines).try_init();
    Ok(Telemetry { _traces: traces, _lines: guard })
}

/// How many log lines were lost.
pub fn lost_lines() -> usize {
    LOST_LINES.get().map_or(0, ErrorCounter::dropped_lines)
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
