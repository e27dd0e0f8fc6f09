//! Closes a listener without losing the clients that are already connected to it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// How long handshakes that have begun may take. A client that begins one in this time is ignored, and refused when it
/// tries again.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_millis(20);

/// Closes `listener`; returns the clients that it has not accepted yet.
///
/// When a listener is closed, the operating system resets the connections that are still in its queue, although their
/// clients may have sent a request, which a proxy cannot send again if it may have been carried out. The queue is
/// therefore emptied first, and no client can enter it in the meantime.
pub async fn last_clients(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    if let Err(error) = ignore_new_clients(&listener) {
        tracing::debug!(%error, "new clients can still connect while the listener closes");
    }
    tokio::time::sleep(HANDSHAKE_TIMEOUT).await;
    let mut clients = Vec::new();
    let error = match listener.into_std() {
        Ok(listener) => loop {
            match accept(&listener) {
                Ok(client) => clients.push(client),
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => break error,
            }
        },
        Err(error) => error,
    };
    if error.kind() != io::ErrorKind::WouldBlock {
        tracing::warn!(%error, "cannot accept the last clients");
    }
    clients
}

fn accept(listener: &std::net::TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, peer) = listener.accept()?;
    stream.set_nonblocking(true)?;
    Ok((TcpStream::from_std(stream)?, peer))
}

/// Drops the segments that begin a handshake. To a client, this looks like a lost packet: it sends another one, which
/// is refused once the listener is closed, or it tries another instance.
#[cfg(target_os = "linux")]
fn ignore_new_clients(listener: &TcpListener) -> io::Result<()> {
    use socket2::{SockFilter, SockRef};

    // The instructions of classic BPF (linux/bpf_common.h). The data begin with the TCP header.
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_ANY_BIT: u16 = 0x45;
    const RETURN: u16 = 0x06;
    // RFC 9293, section 3.1.
    const FLAGS_OFFSET: u32 = 13;
    const SYN: u32 = 0x02;
    SockRef::from(listener).attach_filter(&[
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS_OFFSET),
        SockFilter::new(JUMP_IF_ANY_BIT, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ])
}

/// Other systems have no such filter.
#[cfg(not(target_os = "linux"))]
fn ignore_new_clients(_: &TcpListener) -> io::Result<()> {
    Ok(())
}
