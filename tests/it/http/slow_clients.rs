//! Clients that keep the service waiting with an incomplete head, no data at all, or a stalled body.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinHandle;

use crate::support::database::TestDatabase;
use crate::support::outbox::wait_until;
use crate::support::process::{Process, free_address, serve, wait_until_healthy};
use crate::support::raw::{Raw, Reader};

/// The head of a sign-in whose body never completes.
const STALLED: [&str; 3] = ["POST /auth/login", "Content-Type: application/json", "Content-Length: 1000"];
const INCOMPLETE_HEAD: &str = "GET /livez HTTP/1.1\r\nHost: kith";

struct Service {
    process: Process,
    address: String,
    _database: TestDatabase,
}

impl Service {
    async fn start() -> Self {
        let (database, address) = (TestDatabase::create().await, free_address());
        let process = Process::start(serve(&database, &address));
        wait_until_healthy(&address).await;
        Self { process, address, _database: database }
    }

    async fn metrics(&self) -> String {
        reqwest::get(format!("http://{}/metrics", self.address)).await.unwrap().text().await.unwrap()
    }
}

/// Sends a byte each second until the connection is closed.
fn drip(raw: Raw) -> (JoinHandle<()>, Reader) {
    let Raw { reader, mut writer } = raw;
    let dripping = tokio::spawn(async move {
        while writer.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    (dripping, reader)
}

#[tokio::test]
async fn an_incomplete_head_is_dropped_and_a_stalled_body_returns_408() {
    let service = Service::start().await;
    let begin = async || {
        let mut raw = Raw::connect(&service.address).await;
        raw.send(INCOMPLETE_HEAD).await;
        raw
    };
    let started = Instant::now();
    let mut heads = Vec::new();
    for _ in 0..50 {
        heads.push(begin().await);
    }
    let (_dripping, mut dripped) = drip(begin().await);
    // The same after a first request.
    let mut kept = Raw::begin(&service.address, &["GET /livez"]).await;
    assert_eq!(kept.response().await.0, 200);
    kept.send(INCOMPLETE_HEAD).await;
    let mut stalled = Raw::begin(&service.address, &STALLED).await;
    stalled.send("{\"email\": ").await;

    let (status, head, body) = stalled.response().await;
    assert_eq!(status, 408, "{body}");
    assert!(body.contains("\"code\":\"REQUEST_TIMEOUT\""), "{body}");
    assert!(head.contains("content-type: application/json") && head.contains("x-request-id: "), "{head}");
    for mut head in heads {
        head.closed().await;
    }
    dripped.closed().await;
    kept.closed().await;
    assert!(started.elapsed() < Duration::from_mins(1), "{:?}", started.elapsed());

    let metrics = service.metrics().await;
    let line = "http_requests_total{method=\"POST\",route=\"/auth/login\",status=\"408\"} 1";
    assert!(metrics.contains(line), "{metrics}");
    assert!(!metrics.contains("status=\"5"), "{metrics}");
    // The service still works.
    assert_eq!(Raw::begin(&service.address, &["GET /livez"]).await.response().await.0, 200);
}

#[tokio::test]
async fn slow_clients_do_not_hold_up_a_shutdown() {
    let mut service = Service::start().await;
    let (mut incomplete, mut silent) = (Raw::connect(&service.address).await, Raw::connect(&service.address).await);
    incomplete.send(INCOMPLETE_HEAD).await;
    let mut dripping_head = Raw::connect(&service.address).await;
    dripping_head.send(INCOMPLETE_HEAD).await;
    let (_dripping, mut dripped) = drip(dripping_head);
    let mut stalled = Raw::begin(&service.address, &STALLED).await;
    stalled.send("{\"email\": ").await;
    let (_dripping, mut dripped_body) = drip(Raw::begin(&service.address, &STALLED).await);
    let mut idle = Raw::begin(&service.address, &["GET /livez"]).await;
    assert_eq!(idle.response().await.0, 200);

    let started = Instant::now();
    service.process.signal(Signal::SIGTERM);
    wait_until("the port is closed", async || tokio::net::TcpStream::connect(&service.address).await.is_err()).await;
    assert_eq!(stalled.response().await.0, 408);
    assert_eq!(dripped_body.response().await.0, 408);
    for raw in [&mut incomplete, &mut silent, &mut idle] {
        raw.closed().await;
    }
    dripped.closed().await;
    assert_eq!(service.process.exit_code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let lines = service.process.remaining_lines();
    assert!(lines.iter().any(|line| line.contains("\"status\":408")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("\"level\":\"ERROR\"")), "{lines:?}");
}

#[tokio::test]
async fn an_oversized_head_is_rejected() {
    let service = Service::start().await;
    let mut raw = Raw::connect(&service.address).await;
    raw.send("GET /livez HTTP/1.1\r\nHost: kith\r\n").await;
    let header = format!("X-Filler: {}\r\n", "a".repeat(4096));
    for _ in 0..16 {
        raw.send(&header).await;
    }
    assert_eq!(raw.response().await.0, 431);
    raw.closed().await;
}
