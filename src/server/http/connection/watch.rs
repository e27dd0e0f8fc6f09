//! Tracks what a connection is waiting for from its client, and since when.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use std::{io, mem};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// Before the first request and between two requests. Longer than a proxy keeps an idle connection (nginx: 60 s), so
/// that the proxy closes it first, and never while a request is on its way.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// The same while connections are scarce.
const SCARCE_IDLE_TIMEOUT: Duration = Duration::from_secs(5);
/// From the first to the last byte of a request head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// For a client to read any part of a response.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Replaces all of these while the service drains.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// Shared by the stream of a connection, its service and its timeouts. Bodies (`paced_body.rs`) and the processing of
/// requests have their own limits.
pub struct Watch(Mutex<State>);

struct State {
    waiting: Waiting,
    /// Since when a write has been blocked, because the client is not reading.
    blocked_since: Option<Instant>,
}

enum Waiting {
    Request(Instant),
    /// The first byte of a head has arrived.
    Head(Instant),
    /// The service is processing a request.
    Nothing,
}

impl Default for Watch {
    fn default() -> Self {
        Self(Mutex::new(State { waiting: Waiting::Request(Instant::now()), blocked_since: None }))
    }
}

impl Watch {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record_read(&self) {
        let mut state = self.state();
        if let Waiting::Request(_) = state.waiting {
            state.waiting = Waiting::Head(Instant::now());
        }
    }

    fn record_write(&self, done: bool) {
        let mut state = self.state();
        state.blocked_since = if done { None } else { state.blocked_since.or_else(|| Some(Instant::now())) };
    }

    /// The head of a request is complete.
    pub fn request_arrived(&self) {
        self.state().waiting = Waiting::Nothing;
    }

    fn response_sent(&self) {
        self.state().waiting = Waiting::Request(Instant::now());
    }

    /// Returns whether the client has timed out. `draining_since` is when the service started to drain.
    pub fn is_overdue(&self, scarce: bool, draining_since: Option<Instant>) -> bool {
        let state = self.state();
        let has_passed = |since: Instant, timeout: Duration| {
            since.elapsed() >= timeout
                || draining_since.is_some_and(|draining| since.max(draining).elapsed() >= DRAIN_TIMEOUT)
        };
        let waiting = match state.waiting {
            Waiting::Request(since) => has_passed(since, if scarce { SCARCE_IDLE_TIMEOUT } else { IDLE_TIMEOUT }),
            Waiting::Head(since) => has_passed(since, HEAD_TIMEOUT),
            Waiting::Nothing => false,
        };
        waiting || state.blocked_since.is_some_and(|since| has_passed(since, WRITE_TIMEOUT))
    }
}

/// A stream that reports reads and writes to its [`Watch`].
pub struct WatchedStream<S> {
    stream: S,
    watch: Arc<Watch>,
}

impl<S> WatchedStream<S> {
    pub const fn new(stream: S, watch: Arc<Watch>) -> Self {
        Self { stream, watch }
    }

    fn record_write<T>(&self, written: Poll<T>) -> Poll<T> {
        self.watch.record_write(written.is_ready());
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WatchedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.watch.record_read();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WatchedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.record_write(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.record_write(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The body of a response. When it ends, the connection waits for the next request.
pub struct ResponseBody {
    body: Body,
    watch: Arc<Watch>,
}

impl ResponseBody {
    pub const fn new(body: Body, watch: Arc<Watch>) -> Self {
        Self { body, watch }
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        // Dropping the body may itself take time.
        drop(mem::take(&mut self.body));
        self.watch.response_sent();
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_wait_for_the_client_has_a_timeout_and_processing_has_none() {
        let overdue_after = async |watch: &Watch, scarce, draining_since: Option<Instant>| {
            let started = Instant::now();
            while !watch.is_overdue(scarce, draining_since) && started.elapsed() < Duration::from_hours(1) {
                tokio::time::advance(Duration::from_secs(1)).await;
            }
            started.elapsed()
        };
        let watch = Watch::default();
        assert_eq!(overdue_after(&watch, false, None).await, IDLE_TIMEOUT);
        watch.response_sent();
        assert_eq!(overdue_after(&watch, true, None).await, SCARCE_IDLE_TIMEOUT);
        watch.response_sent();
        watch.record_read();
        tokio::time::advance(Duration::from_secs(20)).await;
        // The head trickles in.
        watch.record_read();
        assert_eq!(overdue_after(&watch, true, None).await, HEAD_TIMEOUT.saturating_sub(Duration::from_secs(20)));
        watch.request_arrived();
        watch.record_read();
        assert_eq!(overdue_after(&watch, true, Some(Instant::now())).await, Duration::from_hours(1));
        watch.record_write(false);
        tokio::time::advance(Duration::from_secs(20)).await;
        watch.record_write(false);
        assert_eq!(overdue_after(&watch, false, None).await, WRITE_TIMEOUT.saturating_sub(Duration::from_secs(20)));
        watch.record_write(true);
        assert!(!watch.is_overdue(false, None));
        watch.response_sent();
        assert_eq!(overdue_after(&watch, false, Some(Instant::now())).await, DRAIN_TIMEOUT);
    }
}
