//! The entry point: parses the command line, runs the command and returns its exit code.

use std::process::ExitCode;

use clap::Parser;
use kith::cli::Cli;
use mimalloc::MiMalloc;

/// glibc's allocator slows down as the process ages.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(code) => code,
        Err(error) => error.report(),
    }
}
