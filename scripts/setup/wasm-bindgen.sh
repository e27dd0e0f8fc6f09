#!/usr/bin/env bash
# wasm-bindgen, which writes the JavaScript around the wasm. It must be of the very version of the
# library in Cargo.lock. cargo-leptos would download it where there is none on PATH.
source "$(dirname -- "${BASH_SOURCE[0]}")/cargo-tool.sh"

version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)
[[ -n $version ]] || die "Cargo.lock names no wasm-bindgen: restore it with \`git checkout Cargo.lock\`."
programs=(wasm-bindgen)
# Runs the unit tests of the browser's half.
[[ ${1:-} != test ]] || programs+=(wasm-bindgen-test-runner)
cargo_tool wasm-bindgen-cli "$version" "${programs[@]}"
