//! The files in deploy/, with what differs on loopback put in.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// A folder of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The file `deploy/(name)` with replacements, each of which has to find something.
#[track_caller]
pub fn adapted(name: &str, replacements: &[(&str, &str)]) -> String {
    let mut text = std::fs::read_to_string(repository("deploy").join(name)).expect("a file in deploy/");
    for (from, to) in replacements {
        assert!(text.contains(from), "{name} has no {from:?}");
        text = text.replace(from, to);
    }
    text
}

/// An address on this machine that nobody listens on.
pub fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}
