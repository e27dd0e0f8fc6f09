#!/usr/bin/env bash
# Node.js and npm: wasm-opt and Playwright come from npm.
source "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

missing=()
have node || missing+=(nodejs)
have npm || missing+=(npm)
((${#missing[@]} == 0)) || need_packages "Node.js $NODE_OLDEST or newer with npm" "${missing[@]}"
hash -r
version=$(node --version)
at_least "$NODE_OLDEST" "${version#v}" ||
    die "Node.js $NODE_OLDEST or newer is needed, and this machine has $version: install a newer one (https://nodejs.org), then run the same command again."
