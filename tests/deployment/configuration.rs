//! The files in deploy/, adapted to run on loopback.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// A path in the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Returns the file `deploy/{name}` after the replacements; panics if one of them does not apply.
#[track_caller]
pub fn adapted(name: &str, replacements: &[(&str, &str)]) -> String {
    let mut text = std::fs::read_to_string(repository("deploy").join(name)).expect("a file in deploy/");
    for (from, to) in replacements {
        assert!(text.contains(from), "{name} has no {from:?}");
        text = text.replace(from, to);
    }
    text
}

/// A loopback address with a free port.
pub fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}
