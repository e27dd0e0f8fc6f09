#!/usr/bin/env bash
# cargo-leptos, which builds both halves and the site folder.
source "$(dirname -- "${BASH_SOURCE[0]}")/cargo-tool.sh"

cargo_tool cargo-leptos "$CARGO_LEPTOS_VERSION" cargo-leptos
