# How a tool from crates.io is installed into $TOOLS. Sourced by the scripts of such tools.
# shellcheck shell=bash
# shellcheck source=scripts/env.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../env.sh"

# cargo_tool CRATE VERSION PROGRAM…
cargo_tool() {
    local crate=$1 version=$2 program
    shift 2
    local programs=("$@")
    there() {
        for program in "${programs[@]}"; do
            [[ $("$program" --version 2>/dev/null) == *" $version" ]] || return 1
        done
    }
    ! there || return 0

    # The released program takes seconds, for those who have the tool that fetches such.
    if have cargo-binstall; then
        logged "$crate" "Fetching $crate $version" timeout 180 cargo binstall --no-confirm \
            --disable-strategies compile --root "$TOOLS" "$crate@$version" || true
        hash -r
        ! there || return 0
    fi

    # Compiled for a build tool's needs: soon ready. Its own release profile, with link-time
    # optimisation, takes half an hour. With 256 units, as build scripts have, what both the
    # tool and its build scripts use is compiled once.
    local build=(env
        CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_DEBUG=false
        CARGO_PROFILE_RELEASE_STRIP=true CARGO_INCREMENTAL=0
        CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=100
        CARGO_TARGET_DIR="$KITH_CACHE/build/$crate")
    if have pkg-config && pkg-config --exists openssl; then build+=(OPENSSL_NO_VENDOR=1); fi
    build+=(cargo install "$crate" --version "=$version" "${programs[@]/#/--bin=}" --root "$TOOLS" --force)

    local status=0
    logged "$crate" "Compiling $crate $version" "${build[@]}" --locked || status=$?
    if ((status)) && grep -q 'failed to select a version' "$LOG"; then
        # A registry can lag behind the versions that the tool's lock file names.
        status=0
        logged "$crate" "Compiling $crate $version with the versions the registry has" "${build[@]}" || status=$?
    fi
    if ((status)); then
        show_log
        die "$crate could not be compiled: see above (all of it: $LOG), check that this machine reaches crates.io, then run the same command again."
    fi
    rm -rf -- "${KITH_CACHE:?}/build/$crate"
    hash -r
    there || die "$crate $version was installed, but another $program comes first on PATH: remove $(command -v "$program")."
}
