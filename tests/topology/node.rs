//! A PostgreSQL server that can be killed, paused and promoted.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kith::cli::dev::postgres::binaries;
use kith::cli::dev::postgres::owner::Owner;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use crate::support::outbox::wait_until;

/// A server on loopback. It is killed, and its data deleted, when dropped.
pub struct Node {
    dir: TempDir,
    pub port: u16,
    settings: String,
    server: Child,
}

impl Node {
    /// Starts an empty primary.
    pub async fn primary() -> Self {
        let dir = data_dir();
        let initdb = program("initdb").arg("-D").arg(dir.path().join("data")).args(["-U", "kith", "--auth=trust"]);
        run(initdb.args(["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]));
        Self::start(dir, "").await
    }

    /// Starts a streaming replica of this server.
    pub async fn standby(&self, name: &str, settings: &str) -> Self {
        let dir = data_dir();
        let backup = program("pg_basebackup").arg("-D").arg(dir.path().join("data"));
        let source = format!("host=127.0.0.1 port={} user=kith application_name={name}", self.port);
        run(backup.args(["-d", &source, "-R", "-X", "stream", "-c", "fast", "--no-sync"]));
        Self::start(dir, settings).await
    }

    async fn start(dir: TempDir, settings: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = serve(&dir, port, settings);
        let node = Self { dir, port, settings: settings.to_owned(), server };
        node.wait_until_ready().await;
        node
    }

    async fn wait_until_ready(&self) {
        let options = self.options();
        wait_until("PostgreSQL starts", async || options.connect().await.is_ok()).await;
    }

    pub fn url(&self) -> String {
        url(self.port)
    }

    fn options(&self) -> PgConnectOptions {
        self.url().parse().unwrap()
    }

    /// Runs statements, each on its own.
    pub async fn run(&self, statements: &[&str]) {
        let mut connection = self.options().connect().await.unwrap();
        for statement in statements {
            sqlx::raw_sql(AssertSqlSafe(*statement)).execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
    }

    /// Returns the first column of the only row.
    pub async fn value<T>(&self, query: &'static str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        let mut connection = self.options().connect().await.unwrap();
        sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
    }

    /// Kills the server. Its other processes notice and exit.
    pub fn kill(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// Starts the server again after it was killed.
    pub async fn start_again(&mut self) {
        let data = self.dir.path().join("data");
        // Written by the killed server, whose processes may still be exiting.
        let pid_file = data.join("postmaster.pid");
        loop {
            let _ = fs::remove_file(&pid_file);
            self.server = serve(&self.dir, self.port, &self.settings);
            tokio::time::sleep(Duration::from_millis(500)).await;
            if self.server.try_wait().unwrap().is_none() {
                break;
            }
        }
        self.wait_until_ready().await;
    }

    /// Makes a standby the primary.
    pub async fn promote(&self) {
        self.run(&["SELECT pg_promote(true, 20)"]).await;
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The URL of a server that listens on `port`.
pub fn url(port: u16) -> String {
    format!("postgres://kith@127.0.0.1:{port}/postgres")
}

/// A program of PostgreSQL, or another server, as a user that it accepts.
pub fn as_owner(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Owner::find().unwrap().command(program);
    command.current_dir("/").env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// A folder that this user can write to, in memory if possible.
pub fn data_dir() -> TempDir {
    let memory = std::path::Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let dir = tempfile::Builder::new().prefix("kith-topology-").tempdir_in(parent).unwrap();
    Owner::find().unwrap().chown(dir.path()).unwrap();
    dir
}

struct Program(Command);

fn program(name: &str) -> Program {
    Program(as_owner(binaries::find(None).unwrap().dir.join(name)))
}

impl Program {
    fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.0.arg(argument);
        self
    }

    fn args<const N: usize>(mut self, arguments: [&str; N]) -> Self {
        self.0.args(arguments);
        self
    }
}

fn run(mut program: Program) {
    let output = program.0.stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn serve(dir: &TempDir, port: u16, settings: &str) -> Child {
    let port = port.to_string();
    let server = program("postgres").arg("-D").arg(dir.path().join("data")).args(["-p", &port]);
    let server = server.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
    let mut server = server.args(["-c", "max_connections=200", "-c", "fsync=off", "-c", "shared_buffers=32MB"]).0;
    server.args(settings.split_whitespace().flat_map(|setting| ["-c", setting]));
    server.spawn().unwrap()
}
