#!/usr/bin/env bash
# Static checks: spelling, format, lints of both builds, and, if cargo-deny is installed, licenses.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

CORRECT='Fix what is shown, then run the same command again.'

step "Spelling and words (typos)" "Fix them, or add correct words to typos.toml." typos
step "Format (rustfmt)" "Run \`cargo fmt\`." cargo fmt --check
step "Format of view! (leptosfmt)" "Run \`scripts/in-env leptosfmt 'src/app/**/*.rs'\`." leptosfmt --quiet --check 'src/app/**/*.rs'
step "Lints of the server (clippy)" "$CORRECT" cargo clippy --workspace --all-targets -- -D warnings
step "Lints of the browser build (clippy)" "$CORRECT" \
    cargo clippy --lib --tests --target wasm32-unknown-unknown --no-default-features --features hydrate -- -D warnings
step "Shell scripts (shellcheck)" "$CORRECT" shellcheck scripts/*.sh scripts/in-env deploy/*.sh .ci/run

if have cargo-deny; then
    step "Licenses, sources and duplicates of dependencies (cargo-deny)" "Fix them, or explain them in deny.toml." \
        cargo deny check licenses bans sources
    # Downloads the advisory database. A machine without network must not fail here.
    timeout 120 cargo deny check advisories || say "Advisories: some were found, or the database could not be downloaded: see above"
else
    say "Licenses and advisories: SKIPPED, because cargo-deny is not installed"
fi
