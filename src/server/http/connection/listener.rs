//! Accepts connections, within limits, and serves those that are there before it ends.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::serve::Connections;

/// Connections at one time. One costs some 20 KB, and a file descriptor.
const CONNECTIONS_MAX: u64 = 8192;
/// File descriptors for everything else: the database, mail, pictures, the log.
const RESERVED_FILES: u64 = 192;
/// How long a connection that was accepted last has to send a request. A proxy sends it at once.
const ACCEPT_GRACE: Duration = Duration::from_secs(1);

/// Serves `router` until `shutdown`. Then it accepts those who are connected already, and closes: from there
/// on a proxy is refused, and goes to another instance. Returns when the last request is answered.
///
/// While all places are taken, further connections wait in the system's queue.
pub async fn serve(mut listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let connections = Connections::new(router, Arc::new(Semaphore::new(places())), shutdown.clone());
    let tasks = TaskTracker::new();
    loop {
        let accepted = async {
            let place = connections.place().await;
            let (stream, peer) = Listener::accept(&mut listener).await;
            (place, stream, peer)
        };
        tokio::select! {
            biased;
            (place, stream, peer) = accepted => {
                let connections = connections.clone();
                tasks.spawn(async move {
                    connections.serve(stream, peer).await;
                    drop(place);
                });
            }
            () = shutdown.cancelled() => break,
        }
    }
    drop(listener);
    tokio::time::sleep(ACCEPT_GRACE).await;
    // Connections that wait for a request are closed now, even if it is on its way.
    connections.end();
    tasks.close();
    tasks.wait().await;
}

/// As many connections as there can be file descriptors for.
fn places() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = CONNECTIONS_MAX + RESERVED_FILES;
    let mut files = current.unwrap_or(wanted);
    let possible = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    // The usual limit, 1024, is for programs that know no better.
    if files < possible && setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum }).is_ok() {
        files = possible;
    }
    let places = files.min(wanted).saturating_sub(RESERVED_FILES).max(files / 2);
    usize::try_from(places).unwrap_or(usize::MAX)
}
