#!/usr/bin/env bash
# Everything: format and lints, Rust tests against a real PostgreSQL, the browser tests.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

bash scripts/check.sh

shown "Building the Rust tests" cargo test --features ssr --no-run ||
    die "The Rust tests do not build: correct what is shown above."
# `kith postgres` starts a PostgreSQL for one command, and removes it after.
shown "Rust tests, with a PostgreSQL of their own" \
    target/debug/kith postgres -- cargo test --features ssr ||
    die "Rust tests failed: see above."

bash scripts/build.sh
cd -- "$ROOT/end2end"
shown "Browser tests" npx playwright test ||
    die "Browser tests failed: see above, and end2end/playwright-report."
say "All tests passed"
