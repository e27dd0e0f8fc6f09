//! Checks that every acceptance scenario has a test with its id in each file that `docs/stories.md` lists.

use std::path::Path;

/// Returns whether `path` has a test for `id`: in a test name, or in a doc comment.
fn has_test(path: &Path, id: &str) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if !path.extension().is_some_and(|extension| extension == "rs" || extension == "ts") {
        return text.contains(id);
    }
    let in_a_name = id.to_lowercase().replace(['-', '.'], "_");
    text.lines().map(str::trim_start).any(|line| {
        let is_name = line.starts_with("test(") || line.contains("fn ");
        (is_name && line.contains(&in_a_name)) || ((is_name || line.starts_with("/// ")) && line.contains(id))
    })
}

#[test]
fn every_scenario_has_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(root.join("docs/stories.md")).unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| USER-"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let mut ids: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), rows.len()), (54, 54), "scenarios");
    let mut missing = Vec::new();
    for row in &rows {
        let files: Vec<&str> = row[2].split("](../").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        assert!(!files.is_empty(), "{} lists no file", row[0]);
        missing.extend(files.iter().filter(|file| !has_test(&root.join(file), row[0])).map(|file| (row[0], *file)));
    }
    assert_eq!(missing, [], "scenarios without a test in a listed file");
}
