//! Log lines: one JSON object per event.

use std::cell::Cell;
use std::io::Write as _;

use serde::Serializer as _;
use serde::ser::{Error as _, SerializeMap as _};
use serde_json::Serializer;
use tracing::{Event, Subscriber};
use tracing_serde::SerdeMapVisitor;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::layer::Context;

use crate::base::current_request;

/// Writes each event as a line: its fields, and in `span` those of the request that it belongs to.
pub struct Lines<W>(W);

impl<W> Lines<W> {
    /// Writes each line with a writer of its own.
    pub const fn new(make_writer: W) -> Self {
        Self(make_writer)
    }
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        thread_local! {
            static LINE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
        }
        // A value that logs something while it is formatted finds an empty buffer.
        let mut line = LINE.take();
        if write_line(&mut line, event).is_ok() {
            // There is nowhere to report an error. A queue that is full counts the lines that it drops.
            let _ = self.0.make_writer_for(event.metadata()).write_all(&line);
        }
        line.clear();
        LINE.set(line);
    }
}

/// Writes an event with its end of line.
fn write_line(line: &mut Vec<u8>, event: &Event<'_>) -> serde_json::Result<()> {
    let metadata = event.metadata();
    let mut time = String::with_capacity(32);
    SystemTime.format_time(&mut Writer::new(&mut time)).map_err(serde_json::Error::custom)?;
    let mut serializer = Serializer::new(&mut *line);
    let mut object = serializer.serialize_map(None)?;
    object.serialize_entry("timestamp", &time)?;
    object.serialize_entry("level", metadata.level().as_str())?;
    object.serialize_entry("target", metadata.target())?;
    current_request::read(|request| object.serialize_entry("span", request)).transpose()?;
    let mut visitor = SerdeMapVisitor::new(object);
    event.record(&mut visitor);
    visitor.finish()?;
    line.push(b'\n');
    Ok(())
}
