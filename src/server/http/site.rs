//! Locates the files that cargo-leptos built.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use leptos::config::errors::LeptosConfigError;
use leptos::config::{LeptosOptions, get_config_from_str};

use crate::app::chunks::needs_signed_in_chunk;

const LEPTOS_TOML: &str = include_str!("../../../Leptos.toml");

/// The options from `Leptos.toml`, overridden by `LEPTOS_*` in the environment. The site is searched in the working
/// directory, then next to the binary, so that it runs from anywhere.
///
/// # Errors
/// If a `LEPTOS_*` variable is malformed.
pub fn options() -> Result<LeptosOptions, LeptosConfigError> {
    let mut options = get_config_from_str(LEPTOS_TOML)?;
    if !Path::new(&*options.site_root).is_dir()
        && let Some(site) = site_next_to_binary().filter(|site| site.is_dir())
    {
        options.site_root = site.to_string_lossy().into();
    }
    // A binary built with plain cargo has no scripts. Its pages work without them.
    options.hash_files &= binary_dir().is_some_and(|dir| dir.join(&*options.hash_file).is_file());
    Ok(options)
}

/// The files of the browser build that a page may load in addition to `kith.js` and `kith.wasm`.
#[derive(Clone, Debug, Default)]
pub struct ChunkFiles {
    loader: Vec<String>,
    signed_in: Vec<String>,
}

impl ChunkFiles {
    /// Reads the output of cargo-leptos. Empty if no site was built.
    #[must_use]
    pub fn read(options: &LeptosOptions) -> Self {
        Self::find(options).unwrap_or_default()
    }

    fn find(options: &LeptosOptions) -> Option<Self> {
        let hashes = fs::read_to_string(binary_dir()?.join(&*options.hash_file)).ok().filter(|_| options.hash_files)?;
        let hash = |file| hashes.lines().find_map(|line| line.split_once(": ").filter(|(name, _)| *name == file));
        let ((_, loader), (_, manifest)) = (hash("split")?, hash("manifest")?);
        let pkg = &*options.site_pkg_dir;
        let manifest = format!("{}/{pkg}/__wasm_split_manifest.{}.json", options.site_root, manifest.trim());
        let mut chunks: HashMap<String, Vec<String>> = serde_json::from_slice(&fs::read(manifest).ok()?).ok()?;
        let signed_in = chunks.remove("signed_in")?;
        Some(Self {
            loader: vec![format!("/{pkg}/__wasm_split.{}.js", loader.trim())],
            signed_in: signed_in.into_iter().map(|name| format!("/{pkg}/{name}.wasm")).collect(),
        })
    }

    /// The files for the page at `path`, for a visitor or a signed-in user.
    #[must_use]
    pub fn for_page(&self, path: &str, is_signed_in: bool) -> Vec<String> {
        let chunk = needs_signed_in_chunk(path, is_signed_in).then_some(&self.signed_in);
        self.loader.iter().chain(chunk.into_iter().flatten()).cloned().collect()
    }
}

/// `target/site`, relative to `target/release/kith`.
fn site_next_to_binary() -> Option<PathBuf> {
    Some(binary_dir()?.parent()?.join("site"))
}

fn binary_dir() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.parent()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARGO_TOML: &str = include_str!("../../../Cargo.toml");

    #[test]
    fn leptos_toml_matches_the_cargo_metadata() {
        // Settings that only the build reads, and comments.
        let ignored = ["style-", "assets-dir", "browserquery", "bin-", "lib-", "wasm-opt-", "#"];
        let lines = |text: &'static str| {
            let (_, block) = text.split_once("[package.metadata.leptos]\n").unwrap();
            let (block, _) = block.split_once("\n[").unwrap_or((block, ""));
            let setting = |line: &&str| !line.is_empty() && !ignored.iter().any(|name| line.starts_with(name));
            let mut lines: Vec<_> = block.lines().filter(setting).collect();
            lines.sort_unstable();
            lines
        };
        assert_eq!(lines(LEPTOS_TOML), lines(CARGO_TOML));
    }
}
