#!/usr/bin/env bash
# A C compiler, for the crates with C inside (aws-lc-sys, libgit2-sys), and OpenSSL's headers,
# which spare cargo-leptos the compiling of an OpenSSL of its own.
source "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

openssl=(pkg-config libssl-dev)
if ! { have cc && echo '#include <stdlib.h>' | cc -E - >/dev/null 2>&1; }; then
    need_packages "A C compiler" gcc libc6-dev "${openssl[@]}"
elif ! have cargo-leptos && [[ ! -x $TOOLS/bin/cargo-leptos ]] &&
    ! { have pkg-config && pkg-config --exists openssl; } && apt_ready; then
    apt_install "${openssl[@]}" || say "Without OpenSSL's headers: cargo-leptos will take two minutes more"
fi
