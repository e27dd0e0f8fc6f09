#!/usr/bin/env bash
# What can be said about the code without running it: format, lints of both halves, licences.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

if cargo fmt --version >/dev/null 2>&1; then
    shown "Format (rustfmt)" cargo fmt --check ||
        die "Some files are not formatted: run \`cargo fmt\`."
else
    say "Format: SKIPPED, since rustfmt is not installed"
fi

cargo clippy --version >/dev/null 2>&1 ||
    die "clippy is missing: install it (\`rustup component add clippy\`), then run the same command again."
shown "Lints of the server's half (clippy)" cargo clippy --workspace --all-targets -- -D warnings ||
    die "clippy found faults in the server's half: correct what is shown above."
shown "Lints of the browser's half (clippy)" \
    cargo clippy --lib --tests --target wasm32-unknown-unknown --no-default-features --features hydrate -- -D warnings ||
    die "clippy found faults in the browser's half: correct what is shown above."

if have cargo-deny; then
    shown "Licences, sources and duplicates of dependencies (cargo-deny)" cargo deny check licenses bans sources ||
        die "cargo-deny found faults: correct what is shown above, or say in deny.toml why it is right."
    # Needs the advisory database, which is fetched: a machine without network must not fail here.
    shown "Advisories against dependencies (cargo-deny)" timeout 120 cargo deny check advisories ||
        say "Advisories: found some, or could not be fetched: see above"
else
    say "Licences and advisories: SKIPPED, since cargo-deny is not installed"
fi

if have shellcheck; then
    shown "Shell scripts (shellcheck)" shellcheck scripts/*.sh scripts/in-env scripts/setup/*.sh deploy/*.sh .ci/run ||
        die "shellcheck found faults: correct what is shown above."
else
    say "Shell scripts: SKIPPED, since shellcheck is not installed"
fi
