//! Accepts connections up to a limit, and serves already connected clients before it closes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::last_clients::last_clients;
use super::serve::Connections;

/// Concurrent connections. Each takes about 20 KB and a file descriptor.
const MAX_CONNECTIONS: u64 = 8192;
/// File descriptors for everything else: the database, mail, pictures, the log.
const RESERVED_FILES: u64 = 192;
/// How long the last accepted connections have to send a request. A proxy sends it immediately.
const ACCEPT_GRACE: Duration = Duration::from_secs(1);

/// Serves `router` until `shutdown`. Then it accepts the clients that are already connected, and closes. From then on,
/// a proxy's connections are refused, and it uses another instance. Returns when the last response has been sent.
///
/// While all connection slots are in use, further connections wait in the operating system's queue.
pub async fn serve(mut listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let connections = Connections::new(router, Arc::new(Semaphore::new(max_connections())), shutdown.clone());
    let tasks = TaskTracker::new();
    let start = |permit, stream, peer| {
        let connections = connections.clone();
        tasks.spawn(async move {
            connections.serve(stream, peer).await;
            drop(permit);
        });
    };
    loop {
        let accepted = async {
            let permit = connections.acquire().await;
            let (stream, peer) = Listener::accept(&mut listener).await;
            (permit, stream, peer)
        };
        tokio::select! {
            (permit, stream, peer) = accepted => start(permit, stream, peer),
            () = shutdown.cancelled() => break,
        }
    }
    for (stream, peer) in last_clients(listener).await {
        start(connections.acquire().await, stream, peer);
    }
    tokio::time::sleep(ACCEPT_GRACE).await;
    // Closes idle connections, even if a request is on its way.
    connections.drain();
    tasks.close();
    tasks.wait().await;
}

/// The number of connections that file descriptors allow.
fn max_connections() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = MAX_CONNECTIONS + RESERVED_FILES;
    let mut files = current.unwrap_or(wanted);
    let possible = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    // The default soft limit, 1024, is meant for legacy programs.
    if files < possible && setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum }).is_ok() {
        files = possible;
    }
    let connections = files.min(wanted).saturating_sub(RESERVED_FILES).max(files / 2);
    usize::try_from(connections).unwrap_or(usize::MAX)
}
