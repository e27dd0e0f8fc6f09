#!/usr/bin/env bash
# Builds target/release/kith and target/site, unless nothing has changed since they were built.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

STAMP=target/.kith-build
SERVER=target/release/kith

# What was built, with what, and how: a build by other means makes it differ.
state() {
    rustc --version
    cargo-leptos --version
    wasm-bindgen --version
    cksum scripts/build.sh
    stat -c '%n %s %Y' "$SERVER" target/site/pkg/*
}

# Everything can be an input but for what is named here.
changed() {
    find . \( -path ./target -o -path ./.git -o -path ./.kith -o -path ./.ci -o -path ./end2end \
        -o -path ./scripts -o -path ./tests -o -path ./benches -o -path ./deploy \) -prune \
        -o -newer "$STAMP" ! -name '*.md' ! -name '.*' ! -path . -print -quit
}

if [[ -e $STAMP && $(cat "$STAMP") == "$(state 2>/dev/null)" && -z $(changed) ]]; then
    say "Build: nothing has changed"
    exit 0
fi

mkdir -p target
rm -f "$STAMP"
touch "$STAMP.begun"
shown "Building $SERVER and target/site (the first time takes minutes)" cargo leptos build --release --split --precompress ||
    die "The build failed: correct what is shown above, then run the same command again."
[[ -x $SERVER && -d target/site/pkg ]] || die "cargo-leptos left no $SERVER or target/site: run \`make clean\`, then the same command again."
# Dated when the build began: what was edited meanwhile counts as changed.
state >"$STAMP.begun.state"
touch -r "$STAMP.begun" "$STAMP.begun.state"
mv "$STAMP.begun.state" "$STAMP"
rm -f "$STAMP.begun"
