//! What a connection waits for from its client, and since when.

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

/// Between two requests, and before the first: longer than a proxy keeps an unused connection (nginx: 60 s),
/// so that the proxy closes it, and never while a request is on its way.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// The same while connections are scarce.
const SCARCE_IDLE_TIMEOUT: Duration = Duration::from_secs(5);
/// From the first byte of a head to its last, however it arrives.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// For a client to take any part of an answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Any of these once the service ends.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// Shared by a connection's stream, its service, and what limits it. Bodies have their own limits
/// (`paced_body.rs`), as has the work on a request.
pub struct Watch(Mutex<State>);

struct State {
    waiting: Waiting,
    /// Since when the client has taken nothing of what is to be sent.
    unsent: Option<Instant>,
}

enum Waiting {
    Request(Instant),
    /// Its first byte has come.
    Head(Instant),
    /// The service is at work.
    Nothing,
}

impl Default for Watch {
    fn default() -> Self {
        Self(Mutex::new(State { waiting: Waiting::Request(Instant::now()), unsent: None }))
    }
}

impl Watch {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn received(&self) {
        let mut state = self.state();
        if let Waiting::Request(_) = state.waiting {
            state.waiting = Waiting::Head(Instant::now());
        }
    }

    fn sent(&self, done: bool) {
        let mut state = self.state();
        state.unsent = if done { None } else { state.unsent.or_else(|| Some(Instant::now())) };
    }

    /// The whole head of a request is there.
    pub fn request_arrived(&self) {
        self.state().waiting = Waiting::Nothing;
    }

    fn answered(&self) {
        self.state().waiting = Waiting::Request(Instant::now());
    }

    /// Whether the client has been waited for too long; `ending` is when the service began to end.
    pub fn is_overdue(&self, scarce: bool, ending: Option<Instant>) -> bool {
        let state = self.state();
        let has_passed = |since: Instant, wait: Duration| {
            since.elapsed() >= wait || ending.is_some_and(|ending| since.max(ending).elapsed() >= DRAIN_TIMEOUT)
        };
        let waiting = match state.waiting {
            Waiting::Request(since) => has_passed(since, if scarce { SCARCE_IDLE_TIMEOUT } else { IDLE_TIMEOUT }),
            Waiting::Head(since) => has_passed(since, HEAD_TIMEOUT),
            Waiting::Nothing => false,
        };
        waiting || state.unsent.is_some_and(|since| has_passed(since, WRITE_TIMEOUT))
    }
}

/// A stream that tells its [`Watch`] what passes.
pub struct WatchedStream<S> {
    stream: S,
    watch: Arc<Watch>,
}

impl<S> WatchedStream<S> {
    pub const fn new(stream: S, watch: Arc<Watch>) -> Self {
        Self { stream, watch }
    }

    fn told<T>(&self, sent: Poll<T>) -> Poll<T> {
        self.watch.sent(sent.is_ready());
        sent
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WatchedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.watch.received();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WatchedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.told(sent)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.told(sent)
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

/// An answer's body, at whose end the next request is waiting.
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
        // What the body ends with may count as work.
        drop(mem::take(&mut self.body));
        self.watch.answered();
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
    async fn each_wait_for_the_client_has_its_limit_and_the_services_own_work_has_none() {
        let overdue_after = async |watch: &Watch, scarce, ending: Option<Instant>| {
            let started = Instant::now();
            while !watch.is_overdue(scarce, ending) && started.elapsed() < Duration::from_hours(1) {
                tokio::time::advance(Duration::from_secs(1)).await;
            }
            started.elapsed()
        };
        let watch = Watch::default();
        assert_eq!(overdue_after(&watch, false, None).await, IDLE_TIMEOUT);
        watch.answered();
        assert_eq!(overdue_after(&watch, true, None).await, SCARCE_IDLE_TIMEOUT);
        watch.answered();
        watch.received();
        tokio::time::advance(Duration::from_secs(20)).await;
        // A head that drips.
        watch.received();
        assert_eq!(overdue_after(&watch, true, None).await, HEAD_TIMEOUT.saturating_sub(Duration::from_secs(20)));
        watch.request_arrived();
        watch.received();
        assert_eq!(overdue_after(&watch, true, Some(Instant::now())).await, Duration::from_hours(1));
        watch.sent(false);
        tokio::time::advance(Duration::from_secs(20)).await;
        watch.sent(false);
        assert_eq!(overdue_after(&watch, false, None).await, WRITE_TIMEOUT.saturating_sub(Duration::from_secs(20)));
        watch.sent(true);
        assert!(!watch.is_overdue(false, None));
        watch.answered();
        assert_eq!(overdue_after(&watch, false, Some(Instant::now())).await, DRAIN_TIMEOUT);
    }
}
