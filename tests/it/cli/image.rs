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

/// The root entries that the builder gets: `.dockerignore` excludes everything that it does not name.
fn included() -> BTreeSet<String> {
    read(".dockerignore")
        .lines()
        .filter_map(|line| line.strip_prefix('!')?.split('/').next().map(str::to_owned))
        .collect()
}

#[test]
fn the_builder_gets_everything_that_a_build_reads() {
    let included = included();
    for entry in fs::read_dir(ROOT).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_hidden = name.starts_with('.') || Path::new(&name).extension().is_some_and(|it| it == "md");
        // `scripts/build.sh` looks for changes in the same files.
        let is_input = !is_hidden && !UNREAD.contains(&name.as_str());
        assert!(!is_input || included.contains(&name), "{name}");
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
    for name in included() {
        symlink(Path::new(ROOT).join(&name), dir.path().join(&name)).unwrap();
    }
    assert_eq!(targets(dir.path()), targets(Path::new(ROOT)));
}
