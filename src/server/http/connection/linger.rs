//! Closes a connection whose client is still sending.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How much is read and discarded, in bytes. Many clients read a response only after they have sent everything.
const MAX_READ: u64 = 88 * 1024 * 1024;
/// How long to wait for a client that sends nothing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);
/// In total, as long as a body may take.
const TOTAL_TIMEOUT: Duration = Duration::from_mins(2);
/// While the service shuts down.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Closes `stream` so that the last response arrives (RFC 9112, section 9.6): closing it with unread data would make
/// the operating system discard what the client has not read yet.
pub async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin, drain: &CancellationToken) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let read = async {
        let (mut rest, mut buffer) = (stream.take(MAX_READ), vec![0; 16 * 1024]);
        while let Ok(Ok(1..)) = timeout(IDLE_TIMEOUT, rest.read(&mut buffer)).await {}
    };
    let drained = async {
        drain.cancelled().await;
        sleep(DRAIN_TIMEOUT).await;
    };
    tokio::select! {
        () = read => {}
        () = sleep(TOTAL_TIMEOUT) => {}
        () = drained => {}
    }
}
