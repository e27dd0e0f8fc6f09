# What every script shares: the environment in which Kith is built and tested, and what is printed. Sourced.
# shellcheck shell=bash
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

# say TEXT: one line with the time. Standard output is the command's own.
say() { printf '[kith %(%H:%M:%S)T] %s\n' -1 "$*" >&2; }

# die SENTENCE: what failed, and what to do about it.
die() {
    printf 'kith: %s\n' "$*" >&2
    exit 1
}

have() { command -v -- "$1" >/dev/null 2>&1; }

# step WHAT ADVICE COMMAND…: says what the command does, and if it fails, what to do.
step() {
    say "$1 …"
    "${@:3}" || die "$1 failed: see above. $2"
}

export KITH_CACHE="${KITH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kith}"
TOOLS=$KITH_CACHE/tools
# Only where setup.sh had to compile std for the browser build.
DEBIAN_RUST=$TOOLS/rust
mkdir -p -- "$TOOLS/bin" || die "$KITH_CACHE cannot be written to: set KITH_CACHE to another folder."

# The tools of setup.sh come first. cargo looks for its subcommands in CARGO_HOME/bin before PATH, unless
# that is on PATH; and nginx is in a folder that is not on everyone's PATH.
cargo_home=${CARGO_HOME:-$HOME/.cargo}
export PATH=$DEBIAN_RUST/bin:$TOOLS/npm/node_modules/.bin:$TOOLS/bin:$PATH:$cargo_home/bin:/usr/sbin:/sbin

# Panics name the files of dependencies. Where these are on this machine is of no use to a browser.
wasm_flags=--remap-path-prefix=$cargo_home/registry/src=
[[ ! -d $DEBIAN_RUST ]] || wasm_flags+=" --sysroot=$DEBIAN_RUST/sysroot"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$wasm_flags

# Where the Makefile, the browser tests and the Dockerfile look.
export CARGO_TARGET_DIR=$PWD/target

# Files in migrations/ are inputs of the build: bytecode that Alembic left there would cause another one.
export PYTHONDONTWRITEBYTECODE=1

# The browser that Playwright and Lighthouse drive.
if [[ -z ${CHROMIUM_PATH:-} ]]; then
    CHROMIUM_PATH=$(command -v chromium chromium-browser google-chrome google-chrome-stable | head -n 1) || true
    export CHROMIUM_PATH
fi
