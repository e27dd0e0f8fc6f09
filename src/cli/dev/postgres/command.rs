//! `kith postgres -- COMMAND`: runs a command with its own database.

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

/// Runs `program` with `DATABASE_URL` set to a temporary cluster, forwards signals to it, and returns its exit code
/// (128 plus the signal number if a signal ended it).
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

/// In a terminal, Ctrl-C reaches the command directly. Forwarding it would send a second signal, which forces an exit.
fn forward(signal: SignalKind, pid: Pid) {
    let interrupt = signal == SignalKind::interrupt();
    if interrupt && stdin().is_terminal() {
        return;
    }
    let signal = if interrupt { Signal::SIGINT } else { Signal::SIGTERM };
    if let Err(error) = kill(pid, signal) {
        tracing::warn!(%error, "cannot forward a signal");
    }
}

fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
