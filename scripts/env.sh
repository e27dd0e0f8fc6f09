# The environment in which Kith is built and tested: the tools that set-up installed come first
# on PATH, and nothing is left to what a person's shell happens to have set. Sourced.
# shellcheck shell=bash
# shellcheck source=scripts/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# cargo looks for its subcommands in CARGO_HOME/bin before PATH unless it is on PATH; and a shell
# that is older than rustup does not have it there.
cargo_bin=${CARGO_HOME:-$HOME/.cargo}/bin
[[ :$PATH: == *":$cargo_bin:"* ]] || PATH=$PATH:$cargo_bin
# nginx is in a folder that not everybody has on PATH.
export PATH=$TOOLS/bin:$PATH:/usr/sbin:/sbin

# Where scripts/setup/rust.sh chose another Rust than the one on PATH, it left how to use it.
# shellcheck source=/dev/null
[[ ! -e $TOOLS/rust.env ]] || source "$TOOLS/rust.env"

# Panics name the files of dependencies. Where these are on this machine is of no use to a browser.
if [[ ${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS:-} != *remap-path-prefix* ]]; then
    remap=--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS:-} $remap"
fi

# target/ is where the Makefile, the browser tests and the Dockerfile look.
export CARGO_TARGET_DIR=$ROOT/target

# Files in migrations/ are inputs of the build: bytecode that Alembic left there would cause another one.
export PYTHONDONTWRITEBYTECODE=1

# The browser that Playwright drives; unset, it takes the one it downloaded itself.
if [[ -z ${CHROMIUM_PATH:-} ]]; then
    for browser in chromium chromium-browser google-chrome google-chrome-stable; do
        if CHROMIUM_PATH=$(command -v "$browser"); then
            export CHROMIUM_PATH
            break
        fi
    done
    [[ -n $CHROMIUM_PATH ]] || unset CHROMIUM_PATH
fi
