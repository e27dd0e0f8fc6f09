#!/usr/bin/env bash
# Runs the unit tests of the browser's half in Node.js, all or those whose names contain the arguments.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner NODE_PATH=$ROOT/tests/browser
shown "Unit tests of the browser's half" \
    cargo test --lib --target wasm32-unknown-unknown --no-default-features --features hydrate -- "$@" ||
    die "Unit tests of the browser's half failed: see above."
