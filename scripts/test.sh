#!/usr/bin/env bash
# Runs everything: static checks, Rust tests against a real PostgreSQL, nginx and Prometheus, the container image,
# the browser tests.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

CORRECT='Fix what is shown, then run the same command again.'

scripts/check.sh
step "Building the Rust tests" "$CORRECT" cargo test --workspace --no-run
# `kith postgres` starts a temporary PostgreSQL for one command. Every test creates a database, which is slow on
# disk, so the data is kept in memory if there is room.
scratch=${TMPDIR:-/tmp}
[[ ! -w /dev/shm || $(df --output=avail -m /dev/shm | tail -n 1) -lt 4096 ]] || scratch=/dev/shm
step "Rust tests, with a PostgreSQL of their own" "$CORRECT" env TMPDIR="$scratch" \
    target/debug/kith postgres -- env TMPDIR="${TMPDIR:-/tmp}" cargo test --workspace
step "Unit tests of the browser build" "$CORRECT" cargo test-browser

scripts/build.sh
scripts/next-site.sh
deploy/prove-image.sh
cd -- end2end
step "Types of the browser tests (tsc)" "$CORRECT" npx tsc --noEmit
step "Browser tests" "See end2end/playwright-report." npx playwright test
say "All tests passed"
