//! Locates the files that cargo-leptos built.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use leptos::config::errors::LeptosConfigError;
use leptos::config::{LeptosOptions, get_config_from_str};

use crate::app::chunks::Chunks;
use crate::app::page_context::PageFiles;

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

/// The files of the browser build.
#[derive(Clone, Debug)]
pub struct SiteFiles {
    script: String,
    wasm: String,
    loader: Vec<String>,
    signed_in: Vec<String>,
    account: Vec<String>,
}

impl SiteFiles {
    /// Reads the output of cargo-leptos. Without hashed names, the chunks are loaded when they are needed.
    #[must_use]
    pub fn read(options: &LeptosOptions) -> Self {
        Self::find(options).unwrap_or_else(|| {
            let (folder, name) = (&options.site_pkg_dir, &options.output_name);
            let file = |extension| format!("/{folder}/{name}.{extension}");
            let (script, wasm) = (file("js"), file("wasm"));
            Self { script, wasm, loader: Vec::new(), signed_in: Vec::new(), account: Vec::new() }
        })
    }

    fn find(options: &LeptosOptions) -> Option<Self> {
        let hashes = fs::read_to_string(binary_dir()?.join(&*options.hash_file)).ok().filter(|_| options.hash_files)?;
        let hash = |file| {
            let mut lines = hashes.lines().filter_map(|line| line.split_once(": "));
            lines.find(|(name, _)| *name == file).map(|(_, hash)| hash.trim())
        };
        let (pkg, name) = (&*options.site_pkg_dir, &*options.output_name);
        let manifest = format!("{}/{pkg}/__wasm_split_manifest.{}.json", options.site_root, hash("manifest")?);
        let mut chunks: HashMap<String, Vec<String>> = serde_json::from_slice(&fs::read(manifest).ok()?).ok()?;
        let mut files = |chunk| -> Option<Vec<String>> {
            Some(chunks.remove(chunk)?.into_iter().map(|name| format!("/{pkg}/{name}.wasm")).collect())
        };
        Some(Self {
            script: format!("/{pkg}/{name}.{}.js", hash("js")?),
            wasm: format!("/{pkg}/{name}.{}.wasm", hash("wasm")?),
            loader: vec![format!("/{pkg}/__wasm_split.{}.js", hash("split")?)],
            signed_in: files("signed_in")?,
            account: files("account")?,
        })
    }

    /// The files for the page at `path`, for a visitor or a signed-in user.
    #[must_use]
    pub fn for_page(&self, path: &str, is_signed_in: bool) -> PageFiles {
        let chunks = Chunks::of(path, is_signed_in);
        let needed = [(chunks.signed_in, &self.signed_in), (chunks.account, &self.account)];
        let files = needed.into_iter().filter(|(is_needed, _)| *is_needed).flat_map(|(_, files)| files);
        let mut others: Vec<String> = self.loader.iter().chain(files).cloned().collect();
        // Code that both chunks share is in a file of its own.
        let mut seen = HashSet::new();
        others.retain(|file| seen.insert(file.clone()));
        PageFiles { script: self.script.clone(), wasm: self.wasm.clone(), others }
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
