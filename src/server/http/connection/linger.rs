//! The end of a connection whose client is still sending.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How much is read and thrown away, in bytes. Many clients look at an answer only when they have sent
/// everything.
const READ_MAX: u64 = 88 * 1024 * 1024;
/// How long a client that sends nothing more is waited for.
const SILENCE: Duration = Duration::from_secs(5);
/// For all of it: as long as a body may take.
const WHOLE: Duration = Duration::from_mins(2);
/// Once the service ends.
const AT_END: Duration = Duration::from_secs(1);

/// Closes `stream` so that the last answer arrives (RFC 9112, section 9.6): closing it with something unread
/// makes the system throw away what the client has not read yet.
pub async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin, may_end: &CancellationToken) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let read = async {
        let (mut rest, mut buffer) = (stream.take(READ_MAX), vec![0; 16 * 1024]);
        while let Ok(Ok(1..)) = timeout(SILENCE, rest.read(&mut buffer)).await {}
    };
    let end = async {
        may_end.cancelled().await;
        sleep(AT_END).await;
    };
    tokio::select! {
        () = read => {}
        () = sleep(WHOLE) => {}
        () = end => {}
    }
}
