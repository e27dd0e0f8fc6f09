//! A client that writes raw HTTP, in pieces and as slowly as a test needs.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

/// An upper limit that no step should reach.
const TIMEOUT: Duration = Duration::from_secs(90);

pub struct Raw {
    pub reader: Reader,
    pub writer: OwnedWriteHalf,
}

/// The receiving half.
pub struct Reader {
    half: OwnedReadHalf,
    read: Vec<u8>,
}

impl Raw {
    /// Connects to `origin`, with or without its scheme.
    pub async fn connect(origin: &str) -> Self {
        let stream = TcpStream::connect(origin.trim_start_matches("http://")).await.expect("a connection");
        let (half, writer) = stream.into_split();
        Self { reader: Reader { half, read: Vec::new() }, writer }
    }

    /// Connects and sends the head of a request: the method and path, then header lines other than `Host`.
    pub async fn begin(origin: &str, lines: &[&str]) -> Self {
        let mut raw = Self::connect(origin).await;
        let host = origin.trim_start_matches("http://");
        let (first, headers) = lines.split_first().expect("a request line");
        let headers = [&[&*format!("Host: {host}")], headers].concat().join("\r\n");
        raw.send(format!("{first} HTTP/1.1\r\n{headers}\r\n\r\n")).await;
        raw
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.writer.write_all(bytes.as_ref()).await.expect("still connected");
    }

    /// The next response, as [`Reader::response`].
    pub async fn response(&mut self) -> (u16, String, String) {
        self.reader.response().await
    }

    /// Waits until the service closes the connection, as [`Reader::closed`].
    pub async fn closed(&mut self) {
        self.reader.closed().await;
    }
}

impl Reader {
    /// The status, head and body of the next response. Interim responses count.
    pub async fn response(&mut self) -> (u16, String, String) {
        timeout(TIMEOUT, self.read_response()).await.expect("a response in time")
    }

    async fn read_response(&mut self) -> (u16, String, String) {
        let head_end = loop {
            match self.read.windows(4).position(|end| end == b"\r\n\r\n") {
                Some(at) => break at + 4,
                None => assert!(self.read_more().await, "closed without a response: {:?}", self.read),
            }
        };
        let head = String::from_utf8(self.read.drain(..head_end).collect()).expect("text").to_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        while self.read.len() < length {
            assert!(self.read_more().await, "closed in the middle of a response");
        }
        let body = String::from_utf8(self.read.drain(..length).collect()).expect("text");
        (status, head, body)
    }

    async fn read_more(&mut self) -> bool {
        self.half.read_buf(&mut self.read).await.is_ok_and(|read| read > 0)
    }

    /// Waits until the service closes the connection. Panics if more data arrives.
    pub async fn closed(&mut self) {
        let read = timeout(TIMEOUT, self.half.read_buf(&mut self.read)).await.expect("closed in time");
        assert!(!read.is_ok_and(|read| read > 0), "{:?}", String::from_utf8_lossy(&self.read));
    }
}
