#!/usr/bin/env bash
# Builds target/release/kith and target/site, unless nothing has changed since the last build. cargo-leptos would
# split and optimize the wasm again each time.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

BEGAN=target/.build-began
ENDED=target/.build-ended

# Prints an input that is newer than the last build, an output that was written after it, or an error for a missing
# file. Prints nothing if the build is up to date.
changed() {
    local inputs
    mapfile -t inputs < <(sed -n 's/^!//p' .dockerignore | grep -vxE 'benches|scripts|tests')
    find "${inputs[@]}" -newer "$BEGAN" -print -quit
    find target/release/kith target/site -newer "$ENDED" -print -quit
}

[[ -n $(changed 2>&1) ]] || exit 0
mkdir -p target
rm -f "$ENDED"
touch "$BEGAN"
step "Building target/release/kith and target/site (the first time takes minutes)" \
    "Fix what is shown, then run the same command again." \
    cargo leptos build --release --split --precompress
touch "$ENDED"
