//! The builder stage of the container image.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Files and folders of the root that no build reads.
const UNREAD: [&str; 12] = [
    "Dockerfile",
    "LICENSE",
    "Makefile",
    "alembic.ini",
    "clippy.toml",
    "deny.toml",
    "deploy",
    "end2end",
    "leptosfmt.toml",
    "rustfmt.toml",
    "target",
    "typos.toml",
];

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(name)).unwrap()
}

/// The paths that the builder gets: `.dockerignore` excludes everything that it does not name.
/// scripts/build.sh uses the same list, without benches, scripts and tests, to decide whether to build.
fn included() -> BTreeSet<String> {
    read(".dockerignore").lines().filter_map(|line| line.strip_prefix('!').map(str::to_owned)).collect()
}

/// Returns whether git ignores this root entry. False without git.
fn is_ignored(name: &str) -> bool {
    let status = Command::new("git").args(["check-ignore", "-q", name]).current_dir(ROOT).status();
    status.is_ok_and(|status| status.success())
}

#[test]
fn every_root_entry_is_sent_to_the_builder_or_known_to_be_unread() {
    let included = included();
    // All other entries are sent as a whole.
    let parts: Vec<_> = included.iter().filter(|path| path.contains('/')).collect();
    assert_eq!(parts, ["docs/openapi.json"]);
    for entry in fs::read_dir(ROOT).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_hidden = name.starts_with('.') || Path::new(&name).extension().is_some_and(|it| it == "md");
        let is_unread = is_hidden || UNREAD.contains(&name.as_str());
        let is_sent = included.iter().any(|path| Path::new(path).starts_with(&name));
        assert!(is_unread || is_sent || is_ignored(&name), "{name}");
    }
}

/// The package and name of every cargo target in `folder`.
fn targets(folder: &Path) -> BTreeSet<(String, String)> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]).current_dir(folder);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let of_package = |package: &Value| {
        let name = |target: &Value| (package["name"].to_string(), target["name"].to_string());
        package["targets"].as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    packages.flat_map(of_package).collect()
}

/// Cargo builds nothing if a target that `Cargo.toml` names is missing.
#[test]
fn cargo_finds_every_target_in_the_builders_files() {
    let dir = tempfile::tempdir().unwrap();
    for path in included() {
        let link = dir.path().join(&path);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(Path::new(ROOT).join(&path), link).unwrap();
    }
    assert_eq!(targets(dir.path()), targets(Path::new(ROOT)));
}
