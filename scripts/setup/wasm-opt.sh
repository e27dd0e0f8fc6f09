#!/usr/bin/env bash
# wasm-opt, which makes the wasm smaller: npm's binaryen. cargo-leptos would download it where
# there is none on PATH.
source "$(dirname -- "${BASH_SOURCE[0]}")/../env.sh"

installed=$TOOLS/binaryen/node_modules/binaryen
if [[ -x $TOOLS/bin/wasm-opt ]] && grep -q "\"version\": \"$BINARYEN_VERSION\"" "$installed/package.json" 2>/dev/null; then
    exit 0
fi
rm -f -- "$TOOLS/bin/wasm-opt"
hash -r
# "wasm-opt version 120 (version_120)"
if have wasm-opt && at_least "$WASM_OPT_OLDEST" "$(wasm-opt --version | cut -d ' ' -f 3)"; then exit 0; fi

mkdir -p -- "$TOOLS/binaryen"
logged wasm-opt "Installing wasm-opt (npm's binaryen $BINARYEN_VERSION)" \
    npm install --prefix "$TOOLS/binaryen" --no-save --no-audit --no-fund "binaryen@$BINARYEN_VERSION" || {
    show_log
    die "wasm-opt could not be installed: see above, check that this machine reaches the npm registry, then run the same command again."
}
ln -s "$installed/bin/wasm-opt" "$TOOLS/bin/wasm-opt"
"$TOOLS/bin/wasm-opt" --version >/dev/null ||
    die "npm's binaryen $BINARYEN_VERSION does not run on this Node.js ($(node --version)): install a newer one (https://nodejs.org), then run the same command again."
