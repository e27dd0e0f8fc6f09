//! The image's builder.

use std::fs;
use std::path::Path;

/// Files of the root that no build reads.
const TOOLS: [&str; 6] = ["Dockerfile", "Makefile", "alembic.ini", "clippy.toml", "deny.toml", "rustfmt.toml"];

/// `.dockerignore` leaves out everything but what it names.
#[test]
fn the_builder_is_given_everything_that_a_build_reads() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let (named, build) = (read(".dockerignore"), read("scripts/build.sh"));
    let given: Vec<_> = named.lines().filter_map(|line| line.strip_prefix('!')?.split('/').next()).collect();
    for entry in fs::read_dir(root).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_hidden = name.starts_with('.') || Path::new(&name).extension().is_some_and(|it| it == "md");
        // As `scripts/build.sh` knows what makes a new build necessary.
        let is_input = !is_hidden && !TOOLS.contains(&name.as_str()) && !build.contains(&format!("-path ./{name} "));
        assert!(!is_input || given.contains(&name.as_str()), "{name}");
    }
}
