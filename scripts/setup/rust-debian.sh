#!/usr/bin/env bash
# Rust from Debian's packages (rustc-web is the current one that Debian builds its browsers with).
# They lack std for wasm, so it is compiled here from their source, into a folder of our own:
# nothing under /usr is touched, and a rustup beside it stays as it is. Called by rust.sh.
source "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

OLDEST=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
TARGET=wasm32-unknown-unknown
HOME_OF=$TOOLS/debian-rust
instead="install Rust $OLDEST or newer (https://rustup.rs, then \`rustup target add $TARGET\`), then run the same command again."

[[ $HOME_OF != *[[:space:]]* ]] || die "Debian's Rust can be used only from a folder without spaces in its name, unlike $KITH_CACHE: set KITH_CACHE to such a folder."

packages=(rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web "lld-$DEBIAN_LLD_VERSION")
if ! dpkg-query -W -- "${packages[@]}" >/dev/null 2>&1; then
    apt_ready || die "Rust is missing or incomplete and cannot be installed from here: $instead"
    apt_offers rustc-web || die "This system's packages have no Rust that is new enough: $instead"
    need_packages "Rust" "${packages[@]}"
fi

# Only these programs, and not all of /usr/bin, go before the rest of PATH.
rm -rf -- "$HOME_OF"
mkdir -p -- "$HOME_OF/bin" "$HOME_OF/std/src"
for program in cargo rustc rustdoc cargo-clippy clippy-driver cargo-fmt rustfmt; do
    ln -s "/usr/bin/$program" "$HOME_OF/bin/$program"
done
export PATH=$HOME_OF/bin:$PATH
at_least "$OLDEST" "$(rustc --version | cut -d ' ' -f 2)" || die "Debian's Rust is older than $OLDEST: $instead"

cat >"$HOME_OF/std/Cargo.toml" <<'TOML'
[package]
name = "only-std"
edition = "2024"
[profile.release]
opt-level = "z"
panic = "abort"
TOML
: >"$HOME_OF/std/src/lib.rs"
# RUSTC_BOOTSTRAP lets a stable compiler build its own std; the bitcode is for link-time
# optimisation of the release build.
logged std "Compiling Rust's std for the browser" env RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes \
    CARGO_TARGET_DIR="$HOME_OF/std/target" CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=100 \
    cargo build --manifest-path "$HOME_OF/std/Cargo.toml" --release --target $TARGET -Z build-std=std,panic_abort || {
    show_log
    die "Rust's std for the browser could not be compiled: see above (it needs crates.io once), or $instead"
}

rustlib=$HOME_OF/sysroot/lib/rustlib
host=$(rustc -vV | sed -n 's/^host: //p')
mkdir -p -- "$rustlib/$TARGET/lib" "$rustlib/$host/bin"
rm -f "$HOME_OF/std/target/$TARGET/release/deps"/libonly_std-*
mv "$HOME_OF/std/target/$TARGET/release/deps"/lib*.rlib "$rustlib/$TARGET/lib/"
ln -s "/usr/lib/llvm-$DEBIAN_LLD_VERSION/bin/lld" "$rustlib/$host/bin/rust-lld"
rm -rf -- "$HOME_OF/std"

cat >"$TOOLS/rust.env" <<SH
export PATH=$HOME_OF/bin:\$PATH
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=--sysroot=$HOME_OF/sysroot
KITH_WASM_SYSROOT=$HOME_OF/sysroot
KITH_WASM_STD_BY='$(rustc --version)'
SH
