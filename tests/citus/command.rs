//! `kith` commands on the database of a cluster.

use std::process::Output;

use crate::support::process::{kith, output};

pub fn run(url: &str, arguments: &[&str]) -> Output {
    let mut command = kith(arguments);
    command.env("DATABASE_URL", url);
    output(command)
}

/// Runs `kith migrate --citus`. Returns its exit code, stdout and stderr.
pub fn distribute(url: &str) -> (Option<i32>, String, String) {
    let output = run(url, &["migrate", "--citus"]);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

pub fn doctor(url: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(url, &[&["doctor"], arguments].concat());
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}
