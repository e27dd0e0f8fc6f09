//! Rooms use only what is below them (`src/lib.rs`, `docs/ARCHITECTURE.md`).

use std::fs;
use std::path::{Path, PathBuf};

/// Each room, and those that it may use.
const ROOMS: [(&str, &[&str]); 10] = [
    ("text", &[]),
    ("model", &["text"]),
    ("base", &["model", "text"]),
    ("email", &["base", "model", "text"]),
    ("rest", &["base", "model", "text"]),
    ("domain", &["email", "base", "model", "text"]),
    ("api", &["domain", "rest", "base", "model", "text"]),
    ("app", &["api", "rest", "model", "text"]),
    ("server", &["app", "api", "domain", "rest", "email", "base", "model", "text"]),
    ("cli", &["server", "api", "domain", "rest", "email", "base", "model", "text"]),
];

/// The uses in `text`, a file of `room`, that lead in another direction: line number and room.
fn faults(room: &str, text: &str) -> Vec<(usize, String)> {
    let (_, allowed) = ROOMS.iter().find(|(name, _)| *name == room).unwrap();
    let uses = text.lines().enumerate().flat_map(|(number, line)| {
        line.split("crate::").skip(1).map(move |rest| {
            let end = rest.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(rest.len());
            (number + 1, rest[..end].to_owned())
        })
    });
    uses.filter(|(_, used)| used != room && !allowed.contains(&used.as_str())).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

#[test]
fn every_room_uses_only_what_is_below_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for (room, _) in ROOMS {
        let folder = source.join(room);
        for file in files(&folder) {
            let wrong = faults(room, &fs::read_to_string(&file).unwrap());
            assert_eq!(wrong, [], "{}", file.display());
            seen += 1;
        }
    }
    // `lib.rs`, `main.rs` and `start.rs` stand outside.
    assert_eq!(seen + 3, files(&source).len());
}

#[test]
fn a_use_that_leads_upward_is_found_wherever_it_is() {
    for planted in ["use crate::api::request::caller;", "    let x = crate::server::run::state::AppState::new();"] {
        assert_eq!(faults("domain", &format!("use crate::base::random;\n{planted}\n")).len(), 1, "{planted}");
    }
    assert_eq!(faults("rest", "use crate::domain::graph::people;"), [(1, "domain".to_owned())]);
    assert_eq!(faults("app", "use crate::api::profiles::me::me;\nuse crate::app::view::Erase;"), []);
}
