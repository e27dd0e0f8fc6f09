//! Bodies of requests that must arrive at some pace.

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

/// In each of these spans a body has to bring [`RATE_MIN`]. It outlasts a few packets lost in a row.
const SPAN: Duration = Duration::from_secs(25);
/// The same while the service ends.
const SPAN_AT_END: Duration = Duration::from_secs(4);
/// Bytes in a second. The slowest phones send a thousand; what sends less only holds a connection.
const RATE_MIN: u64 = 64;
/// For the whole body: 2 MB at 150 kbit/s.
const WHOLE: Duration = Duration::from_mins(2);

/// How long a request has waited for its body: the client's time, not the service's.
#[derive(Clone, Default)]
pub struct ReadingTime(Arc<Mutex<Spent>>);

#[derive(Default)]
struct Spent {
    before: Duration,
    since: Option<Instant>,
}

impl ReadingTime {
    pub fn spent(&self) -> Duration {
        let spent = self.lock();
        spent.before + spent.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn starts(&self) {
        self.lock().since.get_or_insert_with(Instant::now);
    }

    fn stops(&self) {
        let mut spent = self.lock();
        if let Some(since) = spent.since.take() {
            spent.before += since.elapsed();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Spent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body that ends with [`BodyStalled`] when its client sends too slowly. Only while it is read: a request may
/// wait for other things first.
pub struct PacedBody<B> {
    body: B,
    reading_time: ReadingTime,
    /// Until the end of the span, since the body was first waited for.
    span: Option<Pin<Box<Sleep>>>,
    received: u64,
    length: Duration,
    ending: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl<B> PacedBody<B> {
    /// Waits less for it from `shutdown` on.
    pub fn new(body: B, reading_time: ReadingTime, shutdown: CancellationToken) -> Self {
        let ending = Box::pin(shutdown.cancelled_owned());
        Self { body, reading_time, span: None, received: 0, length: SPAN, ending }
    }

    /// Ready when too little has come in a span, or the whole takes too long.
    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.length == SPAN && self.ending.as_mut().poll(cx).is_ready() {
            (self.length, self.received, self.span) = (SPAN_AT_END, 0, None);
        }
        loop {
            let length = self.length;
            let span = self.span.get_or_insert_with(|| Box::pin(sleep(length)));
            ready!(span.as_mut().poll(cx));
            if self.received < RATE_MIN * length.as_secs() || self.reading_time.spent() >= WHOLE {
                return Poll::Ready(());
            }
            self.received = 0;
            let left = WHOLE.saturating_sub(self.reading_time.spent());
            span.as_mut().reset(Instant::now() + length.min(left));
        }
    }
}

impl<B> Drop for PacedBody<B> {
    fn drop(&mut self) {
        self.reading_time.stops();
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin> Body for PacedBody<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            self.reading_time.starts();
            return self.poll_stalled(cx).map(|()| Some(Err(BodyStalled.into())));
        };
        self.reading_time.stops();
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

    /// Reads a body of so many pieces, one a second. Whether it came whole, and the seconds that it took; the
    /// service may begin to end after so many.
    async fn read(pieces: u64, size: usize, ends_after: u64) -> (bool, u64) {
        let source = stream::iter(0..pieces).then(move |_| async move {
            sleep(Duration::from_secs(1)).await;
            Ok::<_, std::io::Error>(Bytes::from(vec![0; size]))
        });
        let (reading, shutdown, started) = (ReadingTime::default(), CancellationToken::new(), Instant::now());
        let source = axum::body::Body::from_stream(source.chain(stream::pending()).take(
            // A body that is never whole stays open.
            if size == 0 { usize::MAX } else { usize::try_from(pieces).unwrap() },
        ));
        let body = PacedBody::new(source, reading.clone(), shutdown.clone());
        tokio::spawn(async move {
            sleep(Duration::from_secs(ends_after)).await;
            shutdown.cancel();
        });
        let mut chunks = axum::body::Body::new(body).into_data_stream();
        let whole = loop {
            match chunks.next().await {
                None => break true,
                Some(Ok(_)) => {}
                Some(Err(_)) => break false,
            }
        };
        assert_eq!(reading.spent().as_secs(), started.elapsed().as_secs());
        (whole, started.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_slow_but_steady_arrives_and_one_that_drips_or_stops_does_not() {
        const NEVER: u64 = 1_000_000;
        assert_eq!(read(100, 64, NEVER).await, (true, 100));
        assert_eq!(read(110, 20_000, NEVER).await, (true, 110));
        assert_eq!(read(100, 32, NEVER).await, (false, SPAN.as_secs()));
        assert_eq!(read(1, 0, NEVER).await, (false, SPAN.as_secs()));
        assert_eq!(read(300, 64, NEVER).await, (false, WHOLE.as_secs()));
        // Small bodies may take their time, within the span.
        assert_eq!(read(20, 1, NEVER).await, (true, 20));
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_ends_waits_for_steady_bodies_alone() {
        assert_eq!(read(100, 64, 10).await, (true, 100));
        assert_eq!(read(100, 32, 10).await, (false, 10 + SPAN_AT_END.as_secs()));
        assert_eq!(read(1, 0, 10).await, (false, 10 + SPAN_AT_END.as_secs()));
    }
}
