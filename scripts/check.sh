#!/usr/bin/env bash
# What can be said about the code without running it: format, lints of both builds, licenses.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

CORRECT='Correct what is shown, then run the same command again.'

step "Format (rustfmt)" "Run \`cargo fmt\`." cargo fmt --check
step "Lints of the server (clippy)" "$CORRECT" cargo clippy --workspace --all-targets -- -D warnings
step "Lints of the browser build (clippy)" "$CORRECT" \
    cargo clippy --lib --tests --target wasm32-unknown-unknown --no-default-features --features hydrate -- -D warnings
step "Shell scripts (shellcheck)" "$CORRECT" shellcheck scripts/*.sh scripts/in-env deploy/*.sh .ci/run

if have cargo-deny; then
    step "Licenses, sources and duplicates of dependencies (cargo-deny)" "Correct them, or say in deny.toml why they are right." \
        cargo deny check licenses bans sources
    # Needs the advisory database, which is fetched: a machine without network must not fail here.
    timeout 120 cargo deny check advisories || say "Advisories: found some, or could not be fetched: see above"
else
    say "Licenses and advisories: SKIPPED, since cargo-deny is not installed"
fi
