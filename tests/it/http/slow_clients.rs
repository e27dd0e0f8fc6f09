//! Clients that keep the service waiting: with half a request, with nothing, with a body that stalls.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinHandle;

use crate::support::database::TestDatabase;
use crate::support::outbox::until;
use crate::support::process::{Process, free_address, serve, until_healthy};
use crate::support::raw::{Raw, Reader};

/// The head of a sign-in whose body never comes whole.
const STALLED: [&str; 3] = ["POST /auth/login", "Content-Type: application/json", "Content-Length: 1000"];
const HALF_A_HEAD: &str = "GET /livez HTTP/1.1\r\nHost: kith";

struct Service {
    process: Process,
    address: String,
    _database: TestDatabase,
}

impl Service {
    async fn start() -> Self {
        let (database, address) = (TestDatabase::create().await, free_address());
        let process = Process::start(serve(&database, &address));
        until_healthy(&address).await;
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
async fn half_a_head_is_not_waited_for_and_a_stalled_body_is_the_clients_fault() {
    let service = Service::start().await;
    let begin = async || {
        let mut raw = Raw::connect(&service.address).await;
        raw.send(HALF_A_HEAD).await;
        raw
    };
    let started = Instant::now();
    let mut heads = Vec::new();
    for _ in 0..50 {
        heads.push(begin().await);
    }
    let (_dripping, mut dripped) = drip(begin().await);
    // After a first request, too.
    let mut kept = Raw::begin(&service.address, &["GET /livez"]).await;
    assert_eq!(kept.answer().await.0, 200);
    kept.send(HALF_A_HEAD).await;
    let mut stalled = Raw::begin(&service.address, &STALLED).await;
    stalled.send("{\"email\": ").await;

    let (status, head, body) = stalled.answer().await;
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
    // The service is as well as before.
    assert_eq!(Raw::begin(&service.address, &["GET /livez"]).await.answer().await.0, 200);
}

#[tokio::test]
async fn clients_that_keep_a_service_waiting_do_not_keep_it_from_stopping() {
    let mut service = Service::start().await;
    let (mut half, mut silent) = (Raw::connect(&service.address).await, Raw::connect(&service.address).await);
    half.send(HALF_A_HEAD).await;
    let mut dripping_head = Raw::connect(&service.address).await;
    dripping_head.send(HALF_A_HEAD).await;
    let (_dripping, mut dripped) = drip(dripping_head);
    let mut stalled = Raw::begin(&service.address, &STALLED).await;
    stalled.send("{\"email\": ").await;
    let (_dripping, mut dripped_body) = drip(Raw::begin(&service.address, &STALLED).await);
    let mut idle = Raw::begin(&service.address, &["GET /livez"]).await;
    assert_eq!(idle.answer().await.0, 200);

    let started = Instant::now();
    service.process.signal(Signal::SIGTERM);
    until("the port is closed", async || tokio::net::TcpStream::connect(&service.address).await.is_err()).await;
    assert_eq!(stalled.answer().await.0, 408);
    assert_eq!(dripped_body.answer().await.0, 408);
    for raw in [&mut half, &mut silent, &mut idle] {
        raw.closed().await;
    }
    dripped.closed().await;
    assert_eq!(service.process.exit_code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let lines = service.process.last_lines();
    assert!(lines.iter().any(|line| line.contains("\"status\":408")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("\"level\":\"ERROR\"")), "{lines:?}");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let service = Service::start().await;
    let mut raw = Raw::connect(&service.address).await;
    raw.send("GET /livez HTTP/1.1\r\nHost: kith\r\n").await;
    let header = format!("X-Filler: {}\r\n", "a".repeat(4096));
    for _ in 0..16 {
        raw.send(&header).await;
    }
    assert_eq!(raw.answer().await.0, 431);
    raw.closed().await;
}
