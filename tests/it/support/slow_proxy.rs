//! A TCP proxy that adds latency to a PostgreSQL connection.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// The latency in each direction.
pub const DELAY: Duration = Duration::from_millis(10);

/// Starts a proxy to the database at `url`, and returns the URL of the database through the proxy.
pub async fn slow_proxy(url: &str) -> String {
    let mut url: url::Url = url.parse().expect("a URL");
    let server = (url.host_str().expect("a host").to_owned(), url.port().unwrap_or(5432));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    url.set_ip_host("127.0.0.1".parse().expect("an address")).expect("a URL with a host");
    url.set_port(Some(listener.local_addr().expect("an address").port())).expect("a URL with a port");
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(database) = TcpStream::connect(&server).await else { continue };
            let ((from_client, to_client), (from_database, to_database)) = (client.into_split(), database.into_split());
            tokio::spawn(forward(from_client, to_database));
            tokio::spawn(forward(from_database, to_client));
        }
    });
    url.to_string()
}

async fn forward(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        sleep(DELAY).await;
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
