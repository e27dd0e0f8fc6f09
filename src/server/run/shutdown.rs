//! Stopping: what asks for it, and how long a drain may take.

use std::{future::Future, io, process, time::Duration};

use tokio::signal::unix::{SignalKind, signal as stream};
use tokio_util::sync::CancellationToken;

/// How long requests and sends under way may take to finish after the first signal.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

/// A token that the first SIGTERM or SIGINT cancels. A second signal ends the process at once.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn token() -> io::Result<CancellationToken> {
    let mut signals = Signals::new()?;
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        signals.next().await;
        tracing::info!("stopping: requests under way may finish; a second signal stops at once");
        cancelled.cancel();
        let signal = signals.next().await;
        process::exit(128 + signal.as_raw_value());
    });
    Ok(token)
}

/// Waits for `work` to end by itself after `shutdown`, at most [`SHUTDOWN_TIMEOUT`].
/// `None` when it had to be cut off.
pub async fn drain<T>(shutdown: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    let limit = async {
        shutdown.cancelled().await;
        tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
    };
    tokio::select! {
        done = work => Some(done),
        () = limit => {
            tracing::warn!(limit = ?SHUTDOWN_TIMEOUT, "stopping with work still under way");
            None
        }
    }
}

/// SIGTERM and SIGINT, one after the other as they come.
pub struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// # Errors
    /// When the handlers cannot be installed.
    pub fn new() -> io::Result<Self> {
        Ok(Self { terminate: stream(SignalKind::terminate())?, interrupt: stream(SignalKind::interrupt())? })
    }

    /// The next of the two.
    pub async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
        }
    }
}
