//! `kith postgres -- COMMAND`: a command with a database of its own.

use std::{
    ffi::OsString,
    io::{IsTerminal as _, stdin},
    os::unix::process::ExitStatusExt as _,
    process::ExitStatus,
};

use anyhow::Context as _;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{process::Command, signal::unix::SignalKind};

use super::Cluster;
use crate::server::run::shutdown::Signals;

/// Runs `program` with `DATABASE_URL` of a throw-away cluster, passes signals on to it, and
/// returns its exit code (128 and the signal's number when a signal ended it).
///
/// # Errors
/// When PostgreSQL or the command cannot be started.
pub async fn run_with(program: &OsString, arguments: &[OsString]) -> anyhow::Result<u8> {
    let mut signals = Signals::new()?;
    let cluster = Cluster::temporary()?;
    let mut child = Command::new(program)
        .args(arguments)
        .env("DATABASE_URL", cluster.url())
        .spawn()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    loop {
        tokio::select! {
            status = child.wait() => return Ok(exit_code(status?)),
            signal = signals.next() => if let Some(pid) = pid { forward(signal, pid) },
        }
    }
}

/// In a terminal Ctrl-C reaches the command by itself; a second one would count as impatience.
fn forward(signal: SignalKind, pid: Pid) {
    let interrupt = signal == SignalKind::interrupt();
    if interrupt && stdin().is_terminal() {
        return;
    }
    let signal = if interrupt { Signal::SIGINT } else { Signal::SIGTERM };
    if let Err(error) = kill(pid, signal) {
        tracing::warn!(%error, "cannot pass a signal on");
    }
}

fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
