#!/usr/bin/env bash
# Runs the benchmarks, or the one that is named, with the release build and a PostgreSQL of their own.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

shown "Building the benchmarks" cargo bench --workspace --no-run ||
    die "The benchmarks do not build: correct what is shown above."
which=(--benches)
(($#)) && which=(--bench "$1")
# ARGS holds numbers, to be split.
# shellcheck disable=SC2086
target/release/kith postgres -- cargo bench --quiet --workspace "${which[@]}" -- ${ARGS:-}
