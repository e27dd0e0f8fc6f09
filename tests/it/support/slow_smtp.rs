//! An SMTP server that greets late, takes its time with the mail, and never answers QUIT.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone)]
pub struct SlowSmtp {
    pub port: u16,
    said: Arc<Mutex<Vec<String>>>,
}

/// Greets after `greeting`, and answers a mail after `answer`.
pub async fn start(greeting: Duration, answer: Duration) -> SlowSmtp {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let server = SlowSmtp { port, said: Arc::default() };
    let this = server.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a client");
            tokio::spawn(server.clone().converse(stream, greeting, answer));
        }
    });
    this
}

impl SlowSmtp {
    /// The commands that it was given, and the headers and lines of mails, which begin with this.
    pub fn said(&self, beginning: &str) -> Vec<String> {
        let said = self.said.lock().expect("a lock");
        said.iter().filter(|line| line.starts_with(beginning)).cloned().collect()
    }

    async fn converse(self, stream: TcpStream, greeting: Duration, answer: Duration) -> Option<()> {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        let hear = |line: &str| self.said.lock().expect("a lock").push(line.to_owned());
        tokio::time::sleep(greeting).await;
        writer.write_all(b"220 slow.test\r\n").await.ok()?;
        while let Some(command) = lines.next_line().await.ok()? {
            hear(&command);
            let reply: &[u8] = match command.get(..4)? {
                "EHLO" | "MAIL" | "RCPT" => b"250 OK\r\n",
                "DATA" => {
                    writer.write_all(b"354 Go on\r\n").await.ok()?;
                    while let Some(line) = lines.next_line().await.ok()?.filter(|line| line != ".") {
                        hear(&line);
                    }
                    tokio::time::sleep(answer).await;
                    b"250 Taken\r\n"
                }
                _ => continue,
            };
            writer.write_all(reply).await.ok()?;
        }
        None
    }
}
