//! Captures the log output of a test.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once};

use kith::server::observe::lines::Lines;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;

/// The log lines of the test's thread. `#[tokio::test]` runs everything on this thread.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

thread_local! {
    static CURRENT: RefCell<Option<Log>> = const { RefCell::new(None) };
}

static SUBSCRIBER: Once = Once::new();

impl Log {
    /// Captures everything from now on, down to TRACE.
    pub fn capture() -> Self {
        // One subscriber for all threads: with one per thread, the first thread to reach a callsite decides for all
        // of them whether it is enabled.
        SUBSCRIBER.call_once(|| {
            let wanted = dynamic_filter_fn(|_, _| CURRENT.with_borrow(Option::is_some));
            let lines = Lines::new(Self::current).with_filter(wanted);
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines))
                .expect("no earlier subscriber");
        });
        let log = Self::default();
        CURRENT.set(Some(log.clone()));
        log
    }

    fn current() -> Self {
        CURRENT.with_borrow(|current| current.clone().unwrap_or_default())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("a lock").clone()).expect("text")
    }

    /// The lines at `level` that contain `words`.
    pub fn lines(&self, level: &str, words: &str) -> Vec<String> {
        let level = format!("\"level\":\"{level}\"");
        let text = self.text();
        text.lines().filter(|line| line.contains(&level) && line.contains(words)).map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
