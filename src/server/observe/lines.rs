//! Log lines: one JSON object per event.

use std::cell::Cell;
use std::io::Write as _;

use serde::Serializer as _;
use serde::ser::{Error as _, SerializeMap as _};
use serde_json::Serializer;
use tracing::field::Visit;
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_serde::SerdeMapVisitor;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The usual size of a request's fields, in bytes.
const FIELDS_SIZE: usize = 256;

/// Writes each event as a line: its fields, and in `span` those of the request that it belongs to. A request's fields
/// are encoded once, when it begins: those that are recorded later are not logged.
pub struct Lines<W>(W);

/// The fields of a span, as a JSON object.
struct SpanFields(Vec<u8>);

impl<W> Lines<W> {
    /// Writes each line with a writer of its own.
    pub const fn new(make_writer: W) -> Self {
        Self(make_writer)
    }
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Vec::with_capacity(FIELDS_SIZE);
        let first = [("name", attributes.metadata().name())];
        if write_object(&mut fields, &first, |visitor| attributes.record(visitor)).is_ok() {
            span.extensions_mut().insert(SpanFields(fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        thread_local! {
            static LINE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
        }
        // A value that logs something while it is formatted finds an empty buffer.
        let mut line = LINE.take();
        if write_line(&mut line, event, &context).is_ok() {
            // There is nowhere to report an error. A queue that is full counts the lines that it drops.
            let _ = self.0.make_writer_for(event.metadata()).write_all(&line);
        }
        line.clear();
        LINE.set(line);
    }
}

/// Writes an event with its end of line.
fn write_line<S>(line: &mut Vec<u8>, event: &Event<'_>, context: &Context<'_, S>) -> serde_json::Result<()>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let metadata = event.metadata();
    let mut time = String::with_capacity(32);
    SystemTime.format_time(&mut Writer::new(&mut time)).map_err(serde_json::Error::custom)?;
    let first = [("timestamp", &*time), ("level", metadata.level().as_str()), ("target", metadata.target())];
    write_object(line, &first, |visitor| event.record(visitor))?;
    // The outermost span is the request, whatever spans of libraries the log level admits.
    let span = context.event_scope(event).and_then(|scope| scope.from_root().next());
    if let Some(span) = span
        && let Some(SpanFields(fields)) = span.extensions().get()
    {
        // Before the end of the object.
        line.pop();
        line.extend_from_slice(br#","span":"#);
        line.extend_from_slice(fields);
        line.push(b'}');
    }
    line.push(b'\n');
    Ok(())
}

/// Writes an object with `first` and the fields that `record` passes to its visitor.
fn write_object(
    json: &mut Vec<u8>,
    first: &[(&str, &str)],
    record: impl FnOnce(&mut dyn Visit),
) -> serde_json::Result<()> {
    let mut serializer = Serializer::new(json);
    let mut map = serializer.serialize_map(None)?;
    for (name, value) in first {
        map.serialize_entry(name, value)?;
    }
    let mut visitor = SerdeMapVisitor::new(map);
    record(&mut visitor);
    visitor.finish()
}
