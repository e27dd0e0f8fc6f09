# The versions of the tools that set-up installs: the one place to change them. Sourced.
# (wasm-bindgen's is not here: it has to equal the library's in Cargo.lock and is read from there.)
# shellcheck shell=bash disable=SC2034

# 0.3.11 needs Rust 1.96.
CARGO_LEPTOS_VERSION=0.3.10
# npm's number is binaryen's own; Debian 12's 108 cannot read what Rust emits today.
BINARYEN_VERSION=132.0.0
# The oldest that reads and optimises Rust's current wasm features, for a wasm-opt already there.
WASM_OPT_OLDEST=120
# The linker that fits LLVM in Debian's rustc-web.
DEBIAN_LLD_VERSION=22
POSTGRES_OLDEST=15
NODE_OLDEST=18
# What `alembic upgrade head` is tested with.
ALEMBIC_VERSION=1.20.1
SQLALCHEMY_VERSION=2.1.9
PSYCOPG_VERSION=3.3.9
