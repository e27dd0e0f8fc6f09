//! Tells cargo that the migrations are compiled in, and prepares the browser build for code splitting.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// The inputs of the browser build, apart from the compiler.
const INPUTS: [&str; 5] = ["Cargo.lock", "Cargo.toml", "src", "style", "tools"];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=migrations");
    if env::var_os("CARGO_FEATURE_HYDRATE").is_none() {
        return Ok(());
    }
    // Otherwise the linker merges strings with a common suffix, and the splitter cannot assign merged strings to a
    // page.
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo:rustc-link-arg-cdylib=-O1");
    }
    write_stamp()
}

/// Writes a function whose name is different in every build. cargo-leptos 0.3 names `kith.js` and `kith.wasm` by
/// their content before it writes the names of the split files into them. Without the stamp, two builds could give
/// the same name to files that load different split files. Browsers cache these files indefinitely, so a deploy would
/// leave returning visitors without the application.
fn write_stamp() -> io::Result<()> {
    let mut hasher = DefaultHasher::new();
    for input in INPUTS {
        println!("cargo:rerun-if-changed={input}");
        hash_files(Path::new(input), &mut hasher)?;
    }
    env::var_os("CARGO_ENCODED_RUSTFLAGS").hash(&mut hasher);
    Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("-vV").output()?.stdout.hash(&mut hasher);
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let name = format!("build_{:016x}", hasher.finish());
    fs::write(out.join("stamp.rs"), format!("#[wasm_bindgen]\npub fn {name}() {{}}\n"))
}

fn hash_files(path: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    if path.is_dir() {
        let mut entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        entries.sort();
        entries.iter().try_for_each(|path| hash_files(path, hasher))
    } else {
        path.hash(hasher);
        fs::read(path)?.hash(hasher);
        Ok(())
    }
}
