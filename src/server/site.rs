//! Where the files lie that cargo-leptos built, and what they are called.

use std::path::{Path, PathBuf};

use leptos::config::errors::LeptosConfigError;
use leptos::config::{LeptosOptions, get_config_from_str};

const LEPTOS_TOML: &str = include_str!("../../Leptos.toml");

/// The options in `Leptos.toml`, over which `LEPTOS_*` in the environment wins. The site is looked
/// for from the working directory, then beside the binary, so that it runs from anywhere.
///
/// # Errors
/// When a `LEPTOS_*` variable makes no sense.
pub fn options() -> Result<LeptosOptions, LeptosConfigError> {
    let mut options = get_config_from_str(LEPTOS_TOML)?;
    if !Path::new(&*options.site_root).is_dir()
        && let Some(site) = beside_binary().filter(|site| site.is_dir())
    {
        options.site_root = site.to_string_lossy().into();
    }
    // A binary that cargo built alone has no scripts to name; its pages work without them.
    options.hash_files &= binary_dir().is_some_and(|dir| dir.join(&*options.hash_file).is_file());
    Ok(options)
}

/// `target/site`, seen from `target/release/kith`.
fn beside_binary() -> Option<PathBuf> {
    Some(binary_dir()?.parent()?.join("site"))
}

fn binary_dir() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.parent()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARGO_TOML: &str = include_str!("../../Cargo.toml");

    #[test]
    fn leptos_toml_says_what_cargo_leptos_is_told() {
        let build_only = ["style-file", "assets-dir", "browserquery", "bin-", "lib-", "wasm-opt-"];
        let lines = |text: &'static str| {
            let (_, block) = text.split_once("[package.metadata.leptos]\n").unwrap();
            let (block, _) = block.split_once("\n[").unwrap_or((block, ""));
            let setting = |line: &&str| !line.is_empty() && !build_only.iter().any(|name| line.starts_with(name));
            let mut lines: Vec<_> = block.lines().filter(setting).collect();
            lines.sort_unstable();
            lines
        };
        assert_eq!(lines(LEPTOS_TOML), lines(CARGO_TOML));
    }
}
