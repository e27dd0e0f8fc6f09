#!/usr/bin/env bash
# Runs everything: static checks, Rust tests against a real PostgreSQL, nginx and Prometheus, the container image,
# the browser tests.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

CORRECT='Fix what is shown, then run the same command again.'

scripts/check.sh
step "Building the Rust tests" "$CORRECT" cargo test --workspace --no-run
step "Building the soak test" "$CORRECT" cargo test --test soak --no-run
# `kith postgres` starts a temporary PostgreSQL for one command. Every test creates a database, which is slow on
# disk, so the data is kept in memory if there is room.
scratch=${TMPDIR:-/tmp}
[[ ! -w /dev/shm || $(df --output=avail -m /dev/shm | tail -n 1) -lt 4096 ]] || scratch=/dev/shm
with_postgres=(env TMPDIR="$scratch" target/debug/kith postgres -- env TMPDIR="${TMPDIR:-/tmp}")
step "Rust tests, with a PostgreSQL of their own" "$CORRECT" "${with_postgres[@]}" cargo test --workspace
step "Unit tests of the browser build" "$CORRECT" cargo test-browser

# Beside the build, whose longest steps need one core. Its speed is printed and never judged.
soaked=$(mktemp)
"${with_postgres[@]}" cargo test --test soak -- --nocapture >"$soaked" 2>&1 &
soak=$!
trap 'kill "$soak" 2>/dev/null || true; rm -f -- "$soaked"' EXIT
scripts/build.sh
wait_for_soak() {
    local status=0
    wait "$soak" || status=$?
    cat -- "$soaked"
    return "$status"
}
step "Soak test, running since before the build" "$CORRECT" wait_for_soak
scripts/next-site.sh
deploy/prove-image.sh
cd -- end2end
step "Types of the browser tests (tsc)" "$CORRECT" npx tsc --noEmit
step "Browser tests" "See end2end/playwright-report." npx playwright test
say "All tests passed"
