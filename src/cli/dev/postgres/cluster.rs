//! A PostgreSQL cluster that stops together with this process.

use std::{
    env,
    fs::{self, File, OpenOptions, TryLockError},
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    os::unix::{fs::OpenOptionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use anyhow::{Context as _, bail};
use aws_lc_rs::rand;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use super::binaries;
use super::binaries::Binaries;
use super::owner::Owner;

const SUPERVISOR: &str = include_str!("supervise.sh");
/// A temporary cluster does not have to survive a crash.
const FAST_BUT_UNSAFE: &str = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300";
const LOG_LINES_SHOWN: usize = 12;

/// A running PostgreSQL that no other user of the machine can access: it listens only on 127.0.0.1, on its own port,
/// and requires a random password. It stops when dropped, and when this process ends for any reason.
pub struct Cluster {
    supervisor: Child,
    url: String,
    /// Held while this process uses the cluster.
    _lock: File,
}

#[derive(Clone, Copy)]
enum Kind {
    Persistent,
    Temporary,
}

impl Cluster {
    /// Starts the cluster in `dir`, and creates it if necessary. If an earlier run left it running, it is stopped
    /// first.
    pub fn persistent(dir: &Path) -> anyhow::Result<Self> {
        let owner = Owner::find()?;
        let dir = owner.prepare_dir(dir)?;
        let wanted = match fs::read_to_string(dir.join("data/PG_VERSION")) {
            Ok(version) => Some(version.trim().parse().context("data/PG_VERSION is not a number")?),
            Err(_) => None,
        };
        Self::start(&binaries::find(wanted)?, &dir, owner, Kind::Persistent)
    }

    /// Starts an empty cluster that is fast, may lose data, and is deleted when it stops.
    pub fn temporary() -> anyhow::Result<Self> {
        let owner = Owner::find()?;
        let binaries = binaries::find(None)?;
        let temporary = |parent: &Path| -> anyhow::Result<_> {
            let dir = tempfile::Builder::new().prefix("kith-postgres-").tempdir_in(parent)?;
            owner.chown(dir.path())?;
            Ok(dir)
        };
        let mut dir = temporary(&env::temp_dir())?;
        if !owner.can_enter(dir.path()) {
            dir = temporary(Path::new("/var/tmp"))?;
        }
        let cluster = Self::start(&binaries, dir.path(), owner, Kind::Temporary)?;
        // From here on, the supervisor deletes it.
        let _ = dir.keep();
        Ok(cluster)
    }

    /// The URL of a superuser. Contains the password.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn start(binaries: &Binaries, dir: &Path, owner: Owner, kind: Kind) -> anyhow::Result<Self> {
        let lock = File::create(dir.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("{} is in use by another kith", dir.display()),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let password = password(dir)?;
        owner.chown(dir)?;
        // Another process may take the port before PostgreSQL starts.
        for attempts_left in [2, 1, 0] {
            let port = free_port()?;
            let mut supervisor = supervise(binaries, dir, owner, kind, port)?;
            if is_ready(&mut supervisor) {
                let url = format!("postgres://kith:{password}@127.0.0.1:{port}/postgres");
                return Ok(Self { supervisor, url, _lock: lock });
            }
            supervisor.wait()?;
            let log = log_tail(dir);
            if attempts_left == 0 || !log.contains("Address already in use") {
                bail!("PostgreSQL did not start. The end of {}:\n{log}", dir.join("postgres.log").display());
            }
        }
        unreachable!("the last attempt returns")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // `wait` closes the supervisor's stdin, which makes it stop PostgreSQL.
        if let Err(error) = self.supervisor.wait() {
            tracing::warn!(%error, "cannot determine whether PostgreSQL stopped");
        }
    }
}

fn supervise(binaries: &Binaries, dir: &Path, owner: Owner, kind: Kind, port: u16) -> anyhow::Result<Child> {
    let (keep, init, extra) = match kind {
        Kind::Persistent => ("keep", "", ""),
        Kind::Temporary => ("remove", "--no-sync", FAST_BUT_UNSAFE),
    };
    let options = format!("-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= {extra}");
    let mut command = owner.command("/bin/sh");
    command
        .args(["-c", SUPERVISOR, "kith-postgres"])
        .args([binaries.dir.as_os_str(), dir.as_os_str()])
        .args([keep, init, &options])
        .current_dir("/")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Ctrl-C in the terminal must reach only this process, which stops the supervisor itself.
        .process_group(0);
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            command.env_remove(name);
        }
    }
    command.spawn().context("cannot start /bin/sh")
}

fn is_ready(supervisor: &mut Child) -> bool {
    let mut line = String::new();
    let stdout = supervisor.stdout.take();
    stdout.is_some_and(|out| BufReader::new(out).read_line(&mut line).is_ok()) && line == "ready\n"
}

/// Reads the superuser's password from its file, or generates one.
fn password(dir: &Path) -> anyhow::Result<String> {
    let path = dir.join("password");
    if dir.join("data").is_dir() {
        return fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}: delete {} to start over", path.display(), dir.display()));
    }
    let mut bytes = [0; 32];
    rand::fill(&mut bytes)?;
    let password = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    file.write_all(password.as_bytes())?;
    Ok(password)
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.port())
}

fn log_tail(dir: &Path) -> String {
    let path: PathBuf = dir.join("postgres.log");
    let log = fs::read_to_string(&path).unwrap_or_else(|error| error.to_string());
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
}
