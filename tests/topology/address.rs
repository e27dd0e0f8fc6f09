//! An address that moves from one database server to another, like a virtual IP address.

use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Forwards connections to the server that it leads to. Moving it closes them.
pub struct Address {
    pub port: u16,
    target: Arc<watch::Sender<u16>>,
}

impl Address {
    /// Starts an address that leads to this port.
    pub async fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = Arc::new(watch::Sender::new(target));
        let accepting = Arc::clone(&target);
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut moved = accepting.subscribe();
                tokio::spawn(async move {
                    let port = *moved.borrow_and_update();
                    let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        _ = moved.changed() => {}
                    }
                });
            }
        });
        Self { port, target }
    }

    /// Leads to another port from now on.
    pub fn lead_to(&self, port: u16) {
        self.target.send_replace(port);
    }
}
