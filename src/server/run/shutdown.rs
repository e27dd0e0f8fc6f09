//! Graceful shutdown: signals, and how long draining may take.

use std::{future::Future, io, process, time::Duration};

use tokio::signal::unix::{SignalKind, signal as stream};
use tokio_util::sync::CancellationToken;

/// How long running requests and mail deliveries may take to finish after the first signal.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

/// Returns a token that the first SIGTERM or SIGINT cancels. A second signal exits immediately.
pub fn token() -> io::Result<CancellationToken> {
    let mut signals = Signals::new()?;
    let token = CancellationToken::new();
    let canceled = token.clone();
    tokio::spawn(async move {
        signals.next().await;
        tracing::info!("stopping: finishing running requests; a second signal exits immediately");
        canceled.cancel();
        let signal = signals.next().await;
        process::exit(128 + signal.as_raw_value());
    });
    Ok(token)
}

/// Runs `work` to completion, but at most [`SHUTDOWN_TIMEOUT`] after `shutdown`. Returns `None` if it had to be
/// aborted.
pub async fn drain<T>(shutdown: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    let limit = async {
        shutdown.cancelled().await;
        tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
    };
    tokio::select! {
        done = work => Some(done),
        () = limit => {
            tracing::warn!(limit = ?SHUTDOWN_TIMEOUT, "stopping with unfinished work");
            None
        }
    }
}

/// Receives SIGTERM and SIGINT.
pub struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// Installs the handlers.
    pub fn new() -> io::Result<Self> {
        Ok(Self { terminate: stream(SignalKind::terminate())?, interrupt: stream(SignalKind::interrupt())? })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
        }
    }
}
