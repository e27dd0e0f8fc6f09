#!/usr/bin/env bash
# Everything: format and lints, Rust tests against a real PostgreSQL, the estate, the container image,
# the browser tests.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

bash scripts/check.sh

shown "Building the Rust tests" cargo test --workspace --no-run ||
    die "The Rust tests do not build: correct what is shown above."
# `kith postgres` starts a PostgreSQL for one command, and removes it after. Every test has a
# database of its own, which disks are slow at: where there is room, they lie in memory.
scratch=${TMPDIR:-/tmp}
[[ -w /dev/shm && $(df --output=avail -m /dev/shm | tail -n 1) -gt 4096 ]] && scratch=/dev/shm
shown "Rust tests, with a PostgreSQL of their own" \
    env TMPDIR="$scratch" target/debug/kith postgres -- env TMPDIR="${TMPDIR:-/tmp}" cargo test --workspace ||
    die "Rust tests failed: see above."

shown "Unit tests of the browser build" cargo test-browser ||
    die "Unit tests of the browser build failed: see above."
bash scripts/build.sh
bash scripts/next-site.sh
bash deploy/prove-image.sh
cd -- "$ROOT/end2end"
shown "Types of the browser tests (tsc)" npx tsc --noEmit ||
    die "The browser tests have type errors: correct what is shown above."
shown "Browser tests" npx playwright test ||
    die "Browser tests failed: see above, and end2end/playwright-report."
say "All tests passed"
