//! Checks that layers use only the layers below them (`src/lib.rs`, `docs/ARCHITECTURE.md`).

use std::fs;
use std::path::{Path, PathBuf};

/// Each layer, and the layers it may use.
const LAYERS: [(&str, &[&str]); 12] = [
    ("text", &[]),
    ("model", &["text"]),
    ("base", &["model", "text"]),
    ("email", &["base", "model", "text"]),
    ("rest", &["base", "model", "text"]),
    ("domain", &["email", "base", "model", "text"]),
    ("api", &["domain", "rest", "base", "model", "text"]),
    ("view", &[]),
    ("app", &["view", "api", "rest", "model", "text"]),
    ("document", &["app", "rest", "model", "text"]),
    ("server", &["document", "app", "api", "domain", "rest", "email", "base", "model", "text"]),
    ("cli", &["server", "api", "domain", "rest", "email", "base", "model", "text"]),
];

/// The line number and target of every forbidden use in `text`, a file of `layer`.
fn violations(layer: &str, text: &str) -> Vec<(usize, String)> {
    let (_, allowed) = LAYERS.iter().find(|(name, _)| *name == layer).unwrap();
    let uses = text.lines().enumerate().flat_map(|(number, line)| {
        line.split("crate::").skip(1).map(move |rest| {
            let end = rest.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(rest.len());
            (number + 1, rest[..end].to_owned())
        })
    });
    uses.filter(|(_, used)| used != layer && !allowed.contains(&used.as_str())).collect()
}

pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

#[test]
fn every_layer_uses_only_layers_below_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for (layer, _) in LAYERS {
        let folder = source.join(layer);
        for file in files(&folder) {
            let found = violations(layer, &fs::read_to_string(&file).unwrap());
            assert_eq!(found, [], "{}", file.display());
            seen += 1;
        }
    }
    // `lib.rs`, `main.rs` and `start.rs` are in no layer.
    assert_eq!(seen + 3, files(&source).len());
}

#[test]
fn an_upward_use_is_found_anywhere_in_a_line() {
    for planted in ["use crate::api::request::caller;", "    let x = crate::server::run::state::AppState::new();"] {
        assert_eq!(violations("domain", &format!("use crate::base::random;\n{planted}\n")).len(), 1, "{planted}");
    }
    assert_eq!(violations("rest", "use crate::domain::graph::people;"), [(1, "domain".to_owned())]);
    assert_eq!(violations("app", "use crate::api::profiles::me::me;\nuse crate::view::Erase;"), []);
}
