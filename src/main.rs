//! The command line's entry point: parses, runs, and turns the outcome into an exit code.

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
