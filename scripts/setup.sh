#!/usr/bin/env bash
# Installs the tools that are missing on this machine:
# setup.sh bench|build|builder|check|image|instructions|lighthouse|test
# (bench, instructions: `make bench` and `make instructions`, beside build; builder: the Dockerfile's builder stage;
# image: `make image-proof`). tools/, Cargo.toml and Cargo.lock pin versions.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

WASM=wasm32-unknown-unknown
AGAIN='run the same command again.'

# Returns whether Rust is new enough and can link a test for the browser with the flags of the build.
rust_works() {
    local oldest version
    oldest=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    version=$(rustc --version 2>/dev/null | cut -d ' ' -f 2)
    printf '%s\n' "$oldest" "$version" | sort --check=quiet --version-sort || return
    # shellcheck disable=SC2086
    rustc $CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS --target $WASM --test -o "$TOOLS/works.wasm" - <<<'' 2>/dev/null
}

# Adds what the toolchain on PATH lacks, if rustup can download it.
complete_rust() {
    if have rustup && ! { rust_works && cargo clippy --version && cargo fmt --version; } &>/dev/null; then
        say "Completing Rust with rustup …"
        { timeout 120 rustup target add $WASM && timeout 120 rustup component add clippy rustfmt; } || true
    fi
}

as_root() { if ((EUID == 0)); then "$@"; else sudo "$@"; fi; }

# install_packages PACKAGE…: installs Debian packages. Their servers are not started, now or at boot. PostgreSQL's
# unused cluster stays stopped. Runs in a subshell, so that the trap removes the policy file when it ends.
install_packages() (
    policy=/usr/sbin/policy-rc.d
    advice="Install the equivalents of these Debian packages (Rust: https://rustup.rs, then \`rustup target add $WASM\`), then $AGAIN"
    { have apt-get && as_root true; } || die "Missing, and cannot be installed automatically: $*. $advice"
    if [[ ! -e $policy ]]; then
        trap 'as_root rm -f -- "$policy"' EXIT
        # Packages run it before they start a server. 101 means no.
        printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin "$policy"
    fi
    step "Updating the package list" "$advice" as_root apt-get -qq update
    step "Installing $*" "$advice" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install --no-install-recommends --no-remove -o DPkg::Lock::Timeout=300 "$@" >/dev/null
    for server in nginx pgbouncer postgresql prometheus prometheus-alertmanager; do
        [[ " $* " != *" $server "* ]] || as_root update-rc.d "$server" disable
    done
)

# Compiles std for the browser, which Debian's Rust lacks, from Debian's source package, into a separate sysroot.
# /usr and an installed rustup stay unchanged.
compile_std() {
    local build=$KITH_CACHE/build lib=$DEBIAN_RUST/sysroot/lib/rustlib/$WASM/lib program
    rm -rf -- "$DEBIAN_RUST"
    # RUSTC_BOOTSTRAP lets a stable compiler build std. Link-time optimization needs the bitcode.
    step "Compiling Rust's std for the browser" "Check that this machine reaches crates.io, then $AGAIN" \
        env PATH="/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 RUSTFLAGS='-Cembed-bitcode=yes -Zforce-unstable-if-unmarked' \
        CARGO_PROFILE_RELEASE_OPT_LEVEL=z CARGO_PROFILE_RELEASE_PANIC=abort CARGO_TARGET_DIR="$build" \
        cargo build --release --locked --target $WASM --manifest-path /usr/lib/rustlib/src/rust/library/sysroot/Cargo.toml
    mkdir -p -- "$DEBIAN_RUST/bin" "$lib"
    mv -- "$build/$WASM"/release/deps/*.rlib "$lib"
    rm -rf -- "$build"
    for program in cargo rustc rustdoc cargo-clippy clippy-driver cargo-fmt rustfmt; do
        ln -s "/usr/bin/$program" "$DEBIAN_RUST/bin"
    done
    ln -s /usr/lib/llvm-22/bin/lld "$DEBIAN_RUST/bin/rust-lld"
    source scripts/env.sh
    rust_works || die "Debian's Rust is too old or cannot compile for the browser: install Rust (https://rustup.rs), then $AGAIN"
}

# has_crate CRATE@VERSION [PROGRAM]: returns whether the program, named like the crate by default, has that version.
has_crate() { [[ $("${2:-${1%@*}}" --version 2>/dev/null) == *" ${1#*@}" ]]; }

# cargo_tool CRATE@VERSION PROGRAM: compiles the crate, unless the program has that version.
cargo_tool() {
    ! has_crate "$@" || return 0
    # Fast to compile: with its own profile, cargo-leptos takes half an hour. With 256 units, as in build scripts,
    # crates that both a tool and its build scripts use are compiled once.
    local -x CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_STRIP=true
    local -x CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_INCREMENTAL=0 CARGO_TARGET_DIR=$KITH_CACHE/build
    # Links the installed OpenSSL, which tools/debian.txt requires, instead of compiling it.
    local -x OPENSSL_NO_VENDOR=1
    say "Compiling $1 (minutes) …"
    # A registry can lack a version that the tool's lock file names.
    cargo install --root "$TOOLS" --force --locked "$1" ||
        step "Compiling $1 without its lock file" "Check that this machine reaches crates.io, then $AGAIN" \
            cargo install --root "$TOOLS" --force "$1"
    rm -rf -- "$CARGO_TARGET_DIR"
}

# crate NAME: its pinned version, as NAME@VERSION.
crate() { grep "^$1@" tools/crates.txt; }

# npm_packages FOLDER: installs the packages in its package-lock.json.
npm_packages() {
    ! cmp -s "$1/package-lock.json" "$1/node_modules/.installed" || return 0
    node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' ||
        die "Node.js 18 or newer is required, but this is $(node --version): install a newer one (https://nodejs.org), then $AGAIN"
    step "Installing the npm packages of $1" "Check that this machine reaches the npm registry, then $AGAIN" \
        env PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --prefix "$1" --no-audit --no-fund >/dev/null
    cp -- "$1/package-lock.json" "$1/node_modules/.installed"
}

build_tools() {
    cargo_tool "$(crate cargo-leptos)" cargo-leptos
    # It must have the version of the library. The crate also contains the runner for unit tests.
    cargo_tool "wasm-bindgen-cli@$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)" wasm-bindgen-test-runner
    mkdir -p -- "$TOOLS/npm"
    cp -- tools/package*.json "$TOOLS/npm"
    npm_packages "$TOOLS/npm"
}

python_tools() {
    local venv=$TOOLS/python
    ! cmp -s tools/requirements.txt "$venv/requirements.txt" || return 0
    rm -rf -- "$venv"
    python3 -m venv "$venv"
    step "Installing Alembic and typos" "Check that this machine reaches PyPI, then $AGAIN" \
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r tools/requirements.txt
    ln -sf -- "$venv/bin/alembic" "$venv/bin/typos" "$TOOLS/bin/"
    cp -- tools/requirements.txt "$venv"
}

target=${1:-}
[[ $target =~ ^(bench|build|builder|check|image|instructions|lighthouse|test)$ ]] || die "usage: scripts/setup.sh bench|build|builder|check|image|instructions|lighthouse|test"

# Two set-ups at once would overwrite each other.
exec {lock}>"$KITH_CACHE/setup.lock"
flock --nonblock "$lock" || { say "Waiting for another set-up on this machine …" && flock "$lock"; }

complete_rust
missing=()
while IFS=";" read -r targets test packages; do
    if [[ " $targets " == *" $target "* ]] && ! eval "$test" &>/dev/null </dev/null; then
        read -ra packages <<<"$packages"
        missing+=("${packages[@]}")
    fi
done < <(grep -v '^#' tools/debian.txt)
((${#missing[@]} == 0)) || install_packages "${missing[@]}"
[[ " ${missing[*]} " != *" rustc-web "* ]] || compile_std
[[ ! $target =~ ^(build|builder|test)$ ]] || build_tools
if [[ $target =~ ^(check|test)$ ]]; then
    cargo_tool "$(crate leptosfmt)" leptosfmt
    python_tools
fi
[[ $target != instructions ]] || cargo_tool "$(crate gungraun-runner)" gungraun-runner
[[ $target != test ]] || npm_packages end2end
