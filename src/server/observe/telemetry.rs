//! Sets up logs and traces.

use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, registry};

use super::lines::Lines;
use super::traces::Traces;

/// Traces contain spans, and SQL statements as events, without their values.
const TRACE_FILTER: &str = "kith=info,sqlx::query=debug";

/// Lines that wait to be written, about 4 MB.
const WAITING_LINES_MAX: usize = 8192;
/// Bytes that are written at once.
const WRITE_SIZE: usize = 64 * 1024;
/// How long lines gather before they are written. Waking the thread for each line would cost more than the line.
const GATHERED_FOR: Duration = Duration::from_millis(5);

static LOST_LINES: OnceLock<ErrorCounter> = OnceLock::new();

/// Writes the remaining log lines, and sends the remaining traces, when dropped.
pub struct Telemetry {
    _traces: Option<Traces>,
    _lines: WorkerGuard,
}

/// For services: logs one JSON object per line to `output`, and sends traces if an endpoint is configured. Keep the
/// result until the process exits. Only the first call has an effect.
///
/// Lines are written by a separate thread. If `output` does not take them fast enough, requests do not wait for it:
/// lines are lost, and counted.
///
/// # Errors
/// If the variables for traces are invalid.
pub fn init_json(filter: &str, output: impl Write + Send + 'static) -> anyhow::Result<Telemetry> {
    let writer = NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES_MAX).lossy(true);
    let (writer, guard) = writer.finish(Gathered(BufWriter::with_capacity(WRITE_SIZE, output)));
    LOST_LINES.get_or_init(|| writer.error_counter());
    let lines = Lines::new(writer);
    let endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
    let traces = endpoints.iter().any(|name| std::env::var(name).is_ok_and(|value| !value.is_empty()));
    let traces = traces.then(Traces::start).transpose()?;
    let _ = match &traces {
        None => registry().with(parse_filter(filter)).with(lines).try_init(),
        // Each has a filter of its own, which costs more.
        Some(traces) => {
            let spans = traces.layer().with_filter(EnvFilter::new(TRACE_FILTER));
            registry().with(spans).with(lines.with_filter(EnvFilter::new(filter))).try_init()
        }
    };
    Ok(Telemetry { _traces: traces, _lines: guard })
}

/// How many log lines were lost.
pub fn lost_lines() -> usize {
    LOST_LINES.get().map_or(0, ErrorCounter::dropped_lines)
}

/// A filter of targets and levels if it is one, which leaves out all spans: lines do not need them, and they cost much.
/// A filter of spans needs them.
fn parse_filter(filter: &str) -> Box<dyn Layer<Registry> + Send + Sync> {
    // A span is named in brackets, which `Targets` takes for a part of a target.
    match filter.parse::<Targets>() {
        Ok(targets) if !filter.contains('[') => targets.and_then(filter_fn(|metadata| !metadata.is_span())).boxed(),
        _ => EnvFilter::new(filter).boxed(),
    }
}

/// Lets the thread that writes lines rest when it has written all there were.
struct Gathered<W>(W);

impl<W: Write> Write for Gathered<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    #[expect(clippy::disallowed_methods, reason = "a thread of its own, without async tasks")]
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()?;
        thread::sleep(GATHERED_FOR);
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use tracing::subscriber::with_default;
    use tracing::{Level, enabled, info_span};

    use super::*;

    #[test]
    fn a_filter_may_name_targets_and_spans() {
        let admits = |filter| {
            with_default(registry().with(parse_filter(filter)), || {
                let outside = enabled!(target: "kith::server", Level::INFO);
                let _request = info_span!("request").entered();
                [outside, enabled!(target: "kith::server", Level::INFO), enabled!(target: "sqlx", Level::INFO)]
            })
        };
        for (filter, admitted) in [
            ("info", [true, true, true]),
            ("warn", [false, false, false]),
            ("warn,kith=info", [true, true, false]),
            ("off,[request]=info", [false, true, true]),
        ] {
            assert_eq!(admits(filter), admitted, "{filter}");
        }
    }
}
