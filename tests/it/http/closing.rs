//! Clients that connect while the service stops.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use futures::future::join_all;
use kith::server::http::connection::listener;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const REQUEST: &str = "POST / HTTP/1.1\r\nHost: kith\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
/// Shorter than the second after which the operating system repeats a lost packet, like nginx's own.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// Sends requests, each over a connection of its own, until it cannot connect. Returns how many were sent, and the
/// responses that differ from the expected one.
async fn send_until_refused(address: SocketAddr) -> (usize, Vec<String>) {
    let (mut sent, mut lost) = (0, Vec::new());
    while let Ok(Ok(mut stream)) = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
        let mut response = String::new();
        let received = match stream.write_all(REQUEST.as_bytes()).await {
            Ok(()) => stream.read_to_string(&mut response).await,
            Err(error) => Err(error),
        };
        sent += 1;
        if !response.starts_with("HTTP/1.1 200 OK\r\n") {
            lost.push(format!("{received:?} {response}"));
        }
    }
    (sent, lost)
}

/// nginx does not send a POST again once it is connected.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_could_connect_is_served_even_while_the_listener_closes() {
    let mut services = Vec::new();
    for _ in 0..20 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let router = Router::new().route("/", post(async || "done"));
        services.push(tokio::spawn(listener::serve(listener, router, shutdown.clone())));
        let clients: Vec<_> = (0..8).map(|_| tokio::spawn(send_until_refused(address))).collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        shutdown.cancel();
        for client in join_all(clients).await {
            let (sent, lost) = client.unwrap();
            assert!(sent > 0);
            assert_eq!(lost, [""; 0]);
        }
    }
    for service in services {
        service.await.unwrap();
    }
}
