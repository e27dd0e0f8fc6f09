//! A listener that loses nobody when it closes.

use std::net::SocketAddr;
use std::time::Duration;
use std::{future, io};

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// How long whoever was let in last has to say what they want. A proxy says it at once.
const LAST_WORD: Duration = Duration::from_secs(1);

/// Accepts until `shutdown`, then whoever is connected already, and closes: from there on a proxy is
/// refused, and goes to another instance.
pub struct Closing {
    listener: Option<TcpListener>,
    address: SocketAddr,
    shutdown: CancellationToken,
    closed: CancellationToken,
}

impl Closing {
    /// # Errors
    /// When the listener does not know its address.
    pub fn new(listener: TcpListener, shutdown: CancellationToken) -> io::Result<Self> {
        let address = listener.local_addr()?;
        Ok(Self { listener: Some(listener), address, shutdown, closed: CancellationToken::new() })
    }

    /// When connections may be ended: those that wait for a request are then cut off, even if it is on
    /// its way, so nobody new must be among them.
    pub fn may_end(&self) -> impl Future<Output = ()> + Send + use<> {
        let closed = self.closed.clone();
        async move {
            closed.cancelled().await;
            tokio::time::sleep(LAST_WORD).await;
        }
    }
}

impl Listener for Closing {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        if let Some(listener) = &mut self.listener {
            tokio::select! {
                biased;
                accepted = Listener::accept(listener) => return accepted,
                () = self.shutdown.cancelled() => {}
            }
            self.listener = None;
            self.closed.cancel();
        }
        future::pending().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
