//! The real binary in its own process.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

use super::app::{KEY, PASSWORD};
use super::database::TestDatabase;
use super::outbox::wait_until;
use super::response::TestResponse;

/// `kith` with an empty environment except for `PATH`.
pub fn kith(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kith"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// `kith serve` with its required settings.
pub fn serve(database: &TestDatabase, address: &str) -> Command {
    let mut command = kith(&["serve"]);
    command.env("DATABASE_URL", &database.url).env("JWT_PRIVATE_KEY", KEY.as_str()).env("EMAIL_API_KEY", "sesame");
    command.env("LISTEN_ADDR", address);
    command
}

/// A local address with an unused port.
pub fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

/// Waits until the service at `address` is healthy.
pub async fn wait_until_healthy(address: &str) {
    let url = format!("http://{address}/health");
    wait_until("the service is healthy", async || {
        reqwest::get(&url).await.is_ok_and(|response| response.status() == 200)
    })
    .await;
}

/// Runs Alembic with the repository's configuration on the database at `url`.
pub async fn alembic(url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new("alembic");
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env("DATABASE_URL", url);
    tokio::task::spawn_blocking(move || command.output().expect("alembic: run the tests with `make test`"))
        .await
        .expect("an output")
}

/// Registers `ann` over HTTP, marks her address as verified, and signs her in. Returns her access token.
pub async fn signed_in(database: &TestDatabase, origin: &str) -> String {
    let (client, ann) =
        (reqwest::Client::new(), json!({ "email": "ann@example.org", "username": "ann", "password": PASSWORD }));
    let post = async |path: &str| TestResponse::of(client.post(format!("{origin}{path}")).json(&ann)).await;
    post("/auth/register").await.expect(201);
    sqlx::query("UPDATE users.users SET email_verified = true").execute(&database.pool).await.expect("an update");
    post("/auth/login").await.expect(200).access_token()
}

pub fn output(mut command: Command) -> Output {
    command.output().expect("a process")
}

/// A process whose stdout is read line by line. It is killed when dropped.
pub struct Process {
    pub child: Child,
    lines: Receiver<String>,
}

impl Process {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
        let stdout = child.stdout.take().expect("stdout");
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits for the next line that contains `words`.
    #[track_caller]
    pub fn line(&mut self, words: &str) -> String {
        let deadline = Instant::now() + Duration::from_mins(1);
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if line.contains(words) {
                return line;
            }
        }
        let _ = self.child.kill();
        let mut errors = String::new();
        let _ = self.child.stderr.take().expect("stderr").read_to_string(&mut errors);
        panic!("no line contains {words:?}: {errors}");
    }

    /// The peak memory use so far, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// Waits until the process exits, and returns its remaining lines.
    pub fn remaining_lines(&self) -> Vec<String> {
        self.lines.iter().collect()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().expect("an id")), signal).expect("a signal");
    }

    /// Waits up to 20 s for the process to exit, and returns its exit code.
    #[track_caller]
    pub fn exit_code(&mut self) -> Option<i32> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                return status.code();
            }
            assert!(start.elapsed() < Duration::from_secs(20), "the process does not exit");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
