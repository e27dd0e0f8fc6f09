//! Checks that every text is used. A text that is missing in a language does not compile (`src/text/texts.rs`).

use std::fs;
use std::path::Path;

use crate::direction::files;

/// Names of the texts that `source` defines.
fn defined(source: &str) -> Vec<&str> {
    let lines = source.lines().filter_map(|line| line.strip_prefix("    ")?.split_once('('));
    let texts = lines.filter(|(_, rest)| rest.split_once("):").is_some_and(|(arguments, _)| !arguments.contains(')')));
    let is_name =
        |name: &&str| name.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_');
    texts.map(|(name, _)| name).filter(is_name).collect()
}

/// How often `name` is called or named as a function.
fn uses(source: &str, name: &str) -> usize {
    let is_part = |char: Option<char>| char.is_some_and(|char| char.is_alphanumeric() || char == '_');
    let found = source.match_indices(name);
    found
        .filter(|(at, _)| {
            !is_part(source[..*at].chars().next_back()) && !is_part(source[at + name.len()..].chars().next())
        })
        .count()
}

#[test]
fn every_text_is_used() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    let mut all: String = files(&source).iter().map(|path| read(path)).collect();
    // Templates of emails.
    for entry in fs::read_dir(source.join("email/messages")).unwrap() {
        all.push_str(&read(&entry.unwrap().path()));
    }
    let mut count = 0;
    for path in files(&source.join("text")) {
        let (module, text) = (path.file_stem().unwrap().to_str().unwrap(), read(&path));
        for name in defined(&text) {
            let elsewhere = uses(&all, &format!("{module}::{name}"));
            assert!(elsewhere > 0 || uses(&text, name) > 1, "{module}::{name} is not used");
            count += 1;
        }
    }
    assert!(count > 300, "{count}");
}

#[test]
fn an_unused_text_is_found() {
    let source = "texts! { Ui;\n    skip(): \"Skip\", \"Weiter\";\n    of(name):\n        \"Of\", \"Von\";\n}\n";
    assert_eq!(defined(source), ["skip", "of"]);
    assert_eq!((uses("ui::skip()", "ui::skip"), uses("ui::skipped() + fui::skip", "ui::skip")), (1, 0));
}
