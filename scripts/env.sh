# Sourced by every script: the environment in which Kith is built and tested, and output.
# shellcheck shell=bash
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

# say TEXT: prints a line with the time to stderr. Stdout belongs to the commands.
say() { printf '[kith %(%H:%M:%S)T] %s\n' -1 "$*" >&2; }

# die SENTENCE: says what failed and what to do about it, and exits.
die() {
    printf 'kith: %s\n' "$*" >&2
    exit 1
}

have() { command -v -- "$1" >/dev/null 2>&1; }

# step WHAT ADVICE COMMAND…: announces and runs the command. If it fails, prints the advice and exits.
step() {
    say "$1 …"
    "${@:3}" || die "$1 failed: see above. $2"
}

export KITH_CACHE="${KITH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kith}"
TOOLS=$KITH_CACHE/tools
# Exists only if setup.sh had to compile std for the browser build.
DEBIAN_RUST=$TOOLS/rust
mkdir -p -- "$TOOLS/bin" || die "cannot write to $KITH_CACHE: set KITH_CACHE to another folder."

# The tools that setup.sh installed come first. cargo would prefer subcommands in CARGO_HOME/bin if that were not
# on PATH. nginx is in /usr/sbin, which is not on every user's PATH.
cargo_home=${CARGO_HOME:-$HOME/.cargo}
export PATH=$DEBIAN_RUST/bin:$TOOLS/npm/node_modules/.bin:$TOOLS/bin:$PATH:$cargo_home/bin:/usr/sbin:/sbin

# Panic messages contain the paths of dependencies. Shorten them: the browser downloads these strings.
wasm_flags=--remap-path-prefix=$cargo_home/registry/src=
[[ ! -d $DEBIAN_RUST ]] || wasm_flags+=" --sysroot=$DEBIAN_RUST/sysroot"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$wasm_flags

# The Makefile, the browser tests and the Dockerfile expect it here.
export CARGO_TARGET_DIR=$PWD/target

# Files in migrations/ are inputs of the build. Bytecode from Alembic there would cause a rebuild.
export PYTHONDONTWRITEBYTECODE=1

# The browser for Playwright and Lighthouse.
if [[ -z ${CHROMIUM_PATH:-} ]]; then
    CHROMIUM_PATH=$(command -v chromium chromium-browser google-chrome google-chrome-stable | head -n 1) || true
    export CHROMIUM_PATH
fi
