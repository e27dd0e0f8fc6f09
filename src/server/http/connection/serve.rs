//! One connection: HTTP/1.1, and how long it waits for its client.

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

/// The largest head of a request, in bytes, and the largest buffer.
const HEAD_MAX: usize = 32 * 1024;
const BUFFER_MAX: usize = 64 * 1024;
/// How often a connection is looked at, and how often while the service ends.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);
const DRAINING_CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// What all connections share.
#[derive(Clone)]
pub struct Connections {
    router: Router,
    places: Arc<Semaphore>,
    /// As many places free as this, or fewer, and unused connections must not keep theirs.
    scarce: usize,
    shutdown: CancellationToken,
    may_end: CancellationToken,
}

impl Connections {
    /// Answers with `router`; `places` says how many there may be. Bodies that stall after `shutdown` are
    /// not waited for.
    pub fn new(router: Router, places: Arc<Semaphore>, shutdown: CancellationToken) -> Self {
        let scarce = places.available_permits() / 4;
        Self { router, places, scarce, shutdown, may_end: CancellationToken::new() }
    }

    /// A place for a connection, as soon as there is one.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        self.places.clone().acquire_owned().await.ok()
    }

    /// Lets connections end that wait for a request, and the others after their answer.
    pub fn end(&self) {
        self.may_end.cancel();
    }

    /// Serves one connection to its end.
    pub async fn serve(&self, stream: TcpStream, peer: SocketAddr) {
        // Streamed pages would wait for acknowledgements otherwise.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
        let watch = Arc::new(Watch::default());
        let io = TokioIo::new(WatchedStream::new(stream, watch.clone()));
        let service = {
            let (router, watch, shutdown) = (self.router.clone(), watch.clone(), self.shutdown.clone());
            service_fn(move |request| answer(router.clone(), watch.clone(), &shutdown, peer, request))
        };
        let mut http = http1::Builder::new();
        // Its own limit for heads counts the time between two requests, too.
        http.header_read_timeout(None).max_header_size(HEAD_MAX).max_buf_size(BUFFER_MAX);
        let mut connection = http.serve_connection(io, service);
        let mut ending = None;
        loop {
            tokio::select! {
                ended = &mut connection => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "connection");
                    }
                    break;
                }
                () = tokio::time::sleep(if ending.is_some() { DRAINING_CHECK_INTERVAL } else { CHECK_INTERVAL }) => {
                    if watch.is_overdue(self.places.available_permits() <= self.scarce, ending) {
                        tracing::debug!(%peer, "a connection is closed that waits for its client");
                        return;
                    }
                }
                () = self.may_end.cancelled(), if ending.is_none() => {
                    ending = Some(Instant::now());
                    Pin::new(&mut connection).graceful_shutdown();
                }
            }
        }
        linger(connection.into_parts().io.into_inner(), &self.may_end).await;
    }
}

type Answer = BoxFuture<'static, Result<Response<ResponseBody>, std::convert::Infallible>>;

fn answer(
    router: Router,
    watch: Arc<Watch>,
    shutdown: &CancellationToken,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Answer {
    watch.request_arrived();
    let reading_time = ReadingTime::default();
    let mut request = request.map(|body| Body::new(PacedBody::new(body, reading_time.clone(), shutdown.clone())));
    request.extensions_mut().insert(reading_time);
    request.extensions_mut().insert(ConnectInfo(peer));
    Box::pin(async move { Ok(router.oneshot(request).await?.map(|body| ResponseBody::new(body, watch))) })
}
