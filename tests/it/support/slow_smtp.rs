//! An SMTP server that delays its greeting and its reply to the mail, and never replies to QUIT.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone)]
pub struct SlowSmtp {
    pub port: u16,
    received: Arc<Mutex<Vec<String>>>,
}

/// Starts a server that greets after `greeting_delay` and replies to a mail after `reply_delay`.
pub async fn start(greeting_delay: Duration, reply_delay: Duration) -> SlowSmtp {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let server = SlowSmtp { port, received: Arc::default() };
    let this = server.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a client");
            tokio::spawn(server.clone().converse(stream, greeting_delay, reply_delay));
        }
    });
    this
}

impl SlowSmtp {
    /// The received commands and lines of mail that start with `prefix`.
    pub fn received(&self, prefix: &str) -> Vec<String> {
        let received = self.received.lock().expect("a lock");
        received.iter().filter(|line| line.starts_with(prefix)).cloned().collect()
    }

    async fn converse(self, stream: TcpStream, greeting_delay: Duration, reply_delay: Duration) -> Option<()> {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        let record = |line: &str| self.received.lock().expect("a lock").push(line.to_owned());
        tokio::time::sleep(greeting_delay).await;
        writer.write_all(b"220 slow.test\r\n").await.ok()?;
        while let Some(command) = lines.next_line().await.ok()? {
            record(&command);
            let reply: &[u8] = match command.get(..4)? {
                "EHLO" | "MAIL" | "RCPT" => b"250 OK\r\n",
                "DATA" => {
                    writer.write_all(b"354 Go on\r\n").await.ok()?;
                    while let Some(line) = lines.next_line().await.ok()?.filter(|line| line != ".") {
                        record(&line);
                    }
                    tokio::time::sleep(reply_delay).await;
                    b"250 Accepted\r\n"
                }
                _ => continue,
            };
            writer.write_all(reply).await.ok()?;
        }
        None
    }
}
