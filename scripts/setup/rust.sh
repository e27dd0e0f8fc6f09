#!/usr/bin/env bash
# Rust, with std for the browser's half (wasm32-unknown-unknown): the one on PATH, completed by
# rustup where that has a network, else Debian's packages. When it is not simply the one on PATH,
# rust.env says how to use it; scripts/env.sh reads that.
source "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

OLDEST=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
TARGET=wasm32-unknown-unknown
RUST_ENV=$TOOLS/rust.env
cargo_bin=${CARGO_HOME:-$HOME/.cargo}/bin
[[ :$PATH: == *":$cargo_bin:"* ]] || PATH=$PATH:$cargo_bin

recent() { have cargo && at_least "$OLDEST" "$(rustc --version 2>/dev/null | cut -d ' ' -f 2)"; }

# Debian's std for wasm was compiled here, by one very rustc: another cannot read it.
complete() {
    recent || return 1
    [[ -z ${KITH_WASM_STD_BY:-} || $KITH_WASM_STD_BY == "$(rustc --version)" ]] || return 1
    compgen -G "${KITH_WASM_SYSROOT:-$(rustc --print sysroot)}/lib/rustlib/$TARGET/lib/libstd-*.rlib" >/dev/null
}

# shellcheck source=/dev/null
with_rust_env() { [[ -e $RUST_ENV ]] && (source "$RUST_ENV" && "$@"); }

# clippy and rustfmt are wanted by `make check` alone, which says so when they are not to be had.
lints() {
    local bin
    bin=$(rustc --print sysroot)/bin
    if have rustup && [[ $bin == *toolchains* && ! (-e $bin/cargo-clippy && -e $bin/rustfmt) ]]; then
        logged rustup "Adding clippy and rustfmt with rustup" timeout 60 rustup component add clippy rustfmt ||
            say "rustup could not add clippy and rustfmt: \`make check\` will do without"
    fi
}

if complete; then
    rm -f -- "$RUST_ENV"
    lints
    exit 0
fi
if with_rust_env complete; then exit 0; fi
rm -f -- "$RUST_ENV"

if have rustup; then
    if ! recent; then
        logged rustup "Installing the current Rust with rustup" \
            timeout 300 rustup toolchain install stable --profile minimal --component clippy,rustfmt || true
        # The person's default may be another, older toolchain: theirs to keep.
        if ! recent; then
            echo 'export RUSTUP_TOOLCHAIN=stable' >"$RUST_ENV"
            with_rust_env recent || rm -f -- "$RUST_ENV"
        fi
    fi
    # Without network rustup waits for minutes before it gives up.
    add_target() { recent && logged rustup "Adding Rust's std for the browser with rustup" timeout 60 rustup target add $TARGET; }
    if [[ -e $RUST_ENV ]]; then with_rust_env add_target || true; else add_target || true; fi
    if complete || with_rust_env complete; then
        lints
        exit 0
    fi
    rm -f -- "$RUST_ENV"
    say "rustup cannot install what is missing (no network to it?): trying Debian's packages"
fi

bash scripts/setup/rust-debian.sh
with_rust_env complete ||
    die "Rust $OLDEST or newer with std for $TARGET is needed, and neither rustup nor Debian's packages gave it: install it (https://rustup.rs, then \`rustup target add $TARGET\`), then run the same command again."
