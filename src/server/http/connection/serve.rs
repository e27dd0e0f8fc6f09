//! Serves one HTTP/1.1 connection, and limits how long it waits for its client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use futures::future::BoxFuture;
use http::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::linger::linger;
use super::paced_body::{PacedBody, ReadingTime};
use super::watch::{ResponseBody, Watch, WatchedStream};

/// Maximum size of a request head and of the buffer, in bytes.
const MAX_HEAD: usize = 32 * 1024;
const MAX_BUFFER: usize = 64 * 1024;
/// How often a connection is checked, normally and while the service drains.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);
const DRAINING_CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// State shared by all connections.
#[derive(Clone)]
pub struct Connections {
    router: Router,
    slots: Arc<Semaphore>,
    /// With this many free slots or fewer, idle connections are closed earlier.
    scarce: usize,
    shutdown: CancellationToken,
    drain: CancellationToken,
}

impl Connections {
    /// Serves `router` on at most as many connections as `slots` has permits. After `shutdown`, stalled bodies are
    /// aborted earlier.
    pub fn new(router: Router, slots: Arc<Semaphore>, shutdown: CancellationToken) -> Self {
        let scarce = slots.available_permits() / 4;
        Self { router, slots, scarce, shutdown, drain: CancellationToken::new() }
    }

    /// Waits for a free connection slot.
    pub async fn acquire(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        self.slots.clone().acquire_owned().await.ok()
    }

    /// Closes idle connections now, and the others after their response.
    pub fn drain(&self) {
        self.drain.cancel();
    }

    /// Serves one connection until it closes.
    pub async fn serve(&self, stream: TcpStream, peer: SocketAddr) {
        // Otherwise streamed pages would wait for acknowledgments.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let watch = Arc::new(Watch::default());
        let io = TokioIo::new(WatchedStream::new(stream, watch.clone()));
        let service = {
            let (router, watch, shutdown) = (self.router.clone(), watch.clone(), self.shutdown.clone());
            service_fn(move |request| respond(router.clone(), watch.clone(), &shutdown, peer, request))
        };
        let mut http = http1::Builder::new();
        // hyper's own timeout for heads also counts the time between two requests.
        http.header_read_timeout(None).max_header_size(MAX_HEAD).max_buf_size(MAX_BUFFER);
        let mut connection = http.serve_connection(io, service);
        let mut draining_since = None;
        loop {
            let interval = if draining_since.is_some() { DRAINING_CHECK_INTERVAL } else { CHECK_INTERVAL };
            tokio::select! {
                outcome = &mut connection => {
                    if let Err(error) = outcome {
                        tracing::debug!(%error, "connection error");
                    }
                    break;
                }
                () = tokio::time::sleep(interval) => {
                    if watch.is_overdue(self.slots.available_permits() <= self.scarce, draining_since) {
                        tracing::debug!(%peer, "connection closed: the client timed out");
                        return;
                    }
                }
                () = self.drain.cancelled(), if draining_since.is_none() => {
                    draining_since = Some(Instant::now());
                    Pin::new(&mut connection).graceful_shutdown();
                }
            }
        }
        linger(connection.into_parts().io.into_inner(), &self.drain).await;
    }
}

type ResponseFuture = BoxFuture<'static, Result<Response<ResponseBody>, std::convert::Infallible>>;

fn respond(
    router: Router,
    watch: Arc<Watch>,
    shutdown: &CancellationToken,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> ResponseFuture {
    watch.request_arrived();
    let reading_time = ReadingTime::default();
    let mut request = request.map(|body| Body::new(PacedBody::new(body, reading_time.clone(), shutdown.clone())));
    request.extensions_mut().insert(reading_time);
    request.extensions_mut().insert(ConnectInfo(peer));
    Box::pin(async move { Ok(router.oneshot(request).await?.map(|body| ResponseBody::new(body, watch))) })
}
