//! Aborts request bodies that arrive too slowly.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::rest::server::body::BodyStalled;

/// The rate of a body is measured over windows of this length. A window outlasts several consecutive lost packets.
const WINDOW: Duration = Duration::from_secs(25);
/// The same while the service shuts down.
const DRAIN_WINDOW: Duration = Duration::from_secs(4);
/// In bytes per second. The slowest phones send a thousand. Slower clients only occupy a connection.
const MIN_RATE: u64 = 64;
/// For the whole body: 2 MB at 150 kbit/s.
const BODY_TIMEOUT: Duration = Duration::from_mins(2);

/// How long a request has waited for its body. This time does not count toward the limit of the request.
#[derive(Clone, Default)]
pub struct ReadingTime(Arc<Mutex<Spent>>);

#[derive(Default)]
struct Spent {
    total: Duration,
    waiting_since: Option<Instant>,
}

impl ReadingTime {
    pub fn spent(&self) -> Duration {
        let spent = self.lock();
        spent.total + spent.waiting_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn start(&self) {
        self.lock().waiting_since.get_or_insert_with(Instant::now);
    }

    fn stop(&self) {
        let mut spent = self.lock();
        if let Some(since) = spent.waiting_since.take() {
            spent.total += since.elapsed();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Spent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body that fails with [`BodyStalled`] if its client sends too slowly. Time counts only while the body is being
/// read, because a request may wait for other things first.
pub struct PacedBody<B> {
    body: B,
    reading_time: ReadingTime,
    /// The end of the current window. Starts when the body is first waited for.
    window: Option<Pin<Box<Sleep>>>,
    received: u64,
    window_length: Duration,
    shutdown: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl<B> PacedBody<B> {
    /// After `shutdown`, the window is shorter.
    pub fn new(body: B, reading_time: ReadingTime, shutdown: CancellationToken) -> Self {
        let shutdown = Box::pin(shutdown.cancelled_owned());
        Self { body, reading_time, window: None, received: 0, window_length: WINDOW, shutdown }
    }

    /// Ready if too little arrived in a window, or the whole body takes too long.
    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.window_length == WINDOW && self.shutdown.as_mut().poll(cx).is_ready() {
            (self.window_length, self.received, self.window) = (DRAIN_WINDOW, 0, None);
        }
        loop {
            let length = self.window_length;
            let window = self.window.get_or_insert_with(|| Box::pin(sleep(length)));
            ready!(window.as_mut().poll(cx));
            if self.received < MIN_RATE * length.as_secs() || self.reading_time.spent() >= BODY_TIMEOUT {
                return Poll::Ready(());
            }
            self.received = 0;
            let left = BODY_TIMEOUT.saturating_sub(self.reading_time.spent());
            window.as_mut().reset(Instant::now() + length.min(left));
        }
    }
}

impl<B> Drop for PacedBody<B> {
    fn drop(&mut self) {
        self.reading_time.stop();
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin> Body for PacedBody<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            self.reading_time.start();
            return self.poll_stalled(cx).map(|()| Some(Err(BodyStalled.into())));
        };
        self.reading_time.stop();
        if let Some(Ok(frame)) = &frame {
            self.received += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
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
    use futures::{StreamExt as _, stream};

    use super::*;

    /// Reads a body of `pieces` pieces, one per second, and shuts down after `shutdown_after` seconds. Returns whether
    /// the body was complete, and the seconds that it took.
    async fn read(pieces: u64, size: usize, shutdown_after: u64) -> (bool, u64) {
        let source = stream::iter(0..pieces).then(move |_| async move {
            sleep(Duration::from_secs(1)).await;
            Ok::<_, std::io::Error>(Bytes::from(vec![0; size]))
        });
        let (reading, shutdown, started) = (ReadingTime::default(), CancellationToken::new(), Instant::now());
        let source = axum::body::Body::from_stream(source.chain(stream::pending()).take(
            // An incomplete body stays open.
            if size == 0 { usize::MAX } else { usize::try_from(pieces).unwrap() },
        ));
        let body = PacedBody::new(source, reading.clone(), shutdown.clone());
        tokio::spawn(async move {
            sleep(Duration::from_secs(shutdown_after)).await;
            shutdown.cancel();
        });
        let mut chunks = axum::body::Body::new(body).into_data_stream();
        let complete = loop {
            match chunks.next().await {
                None => break true,
                Some(Ok(_)) => {}
                Some(Err(_)) => break false,
            }
        };
        assert_eq!(reading.spent().as_secs(), started.elapsed().as_secs());
        (complete, started.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_but_steady_body_is_accepted_and_one_that_trickles_or_stalls_is_not() {
        const NEVER: u64 = 1_000_000;
        assert_eq!(read(100, 64, NEVER).await, (true, 100));
        assert_eq!(read(110, 20_000, NEVER).await, (true, 110));
        assert_eq!(read(100, 32, NEVER).await, (false, WINDOW.as_secs()));
        assert_eq!(read(1, 0, NEVER).await, (false, WINDOW.as_secs()));
        assert_eq!(read(300, 64, NEVER).await, (false, BODY_TIMEOUT.as_secs()));
        // Small bodies may be slower, within one window.
        assert_eq!(read(20, 1, NEVER).await, (true, 20));
    }

    #[tokio::test(start_paused = true)]
    async fn during_shutdown_only_steady_bodies_are_waited_for() {
        assert_eq!(read(100, 64, 10).await, (true, 100));
        assert_eq!(read(100, 32, 10).await, (false, 10 + DRAIN_WINDOW.as_secs()));
        assert_eq!(read(1, 0, 10).await, (false, 10 + DRAIN_WINDOW.as_secs()));
    }
}
