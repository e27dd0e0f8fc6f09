#!/usr/bin/env bash
# Measures the speed of Kith: bench.sh run [OPTIONS] in alternation with bare handlers, bench.sh compare A B [OPTIONS] of
# two commits (benches/speed has the options); bench.sh instructions [FILTER] without a clock.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

CORRECT='Fix what is shown, then run the same command again.'
COMPARED=$PWD/target/compare
# cargo-leptos sets it, too. Otherwise, crates that read it would be compiled again.
export LEPTOS_OUTPUT_NAME=kith

# build_commit COMMIT NAME: builds the server of a commit as target/compare/NAME.
build_commit() {
    local source=$COMPARED/source output=$COMPARED/output
    step "Checking out $1" "Name a commit, such as HEAD~1." git worktree add --quiet --force --detach "$source" "$1"
    # Dependencies that are the same are already compiled.
    mkdir -p -- "$output"
    cp -al -- target/release "$output/release"
    find "$output/release" -depth \( -name '*kith*' -o -name '*bcrypt[-_]lanes*' \) -exec rm -rf {} +
    (
        cd -- "$source"
        CARGO_TARGET_DIR=$output step "Building $1" "$CORRECT" \
            cargo build --release --bin kith --no-default-features --features ssr
    )
    mv -- "$output/release/kith" "$COMPARED/$2"
    rm -rf -- "$output"
    git worktree remove --force "$source"
}

clean_up() {
    git worktree remove --force "$COMPARED/source" 2>/dev/null || true
    rm -rf -- "$COMPARED"
}

build() { step "Building the benchmark" "$CORRECT" cargo "$@"; }

case ${1:-} in
run)
    build build --release --package speed --package ceiling
    target/release/speed run --kith target/release/kith --ceiling target/release/ceiling "${@:2}"
    ;;
compare)
    (($# >= 3)) || die "name two commits: make bench-compare A=HEAD~1 B=HEAD"
    build build --release --package speed --package ceiling
    trap clean_up EXIT
    clean_up
    build_commit "$2" a
    build_commit "$3" b
    target/release/speed compare "$COMPARED/a" "$COMPARED/b" "${@:4}"
    ;;
instructions)
    # Callgrind needs the names of functions: those of this binary, whose dependencies are compiled already.
    build=(rustc --release --package instructions --bench instructions --message-format json-render-diagnostics)
    built=$(build "${build[@]}" -- -C strip=none)
    program=$(sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' <<<"$built")
    target/release/kith postgres -- "$program" --bench "${@:2}"
    ;;
*)
    die "usage: scripts/bench.sh run|compare|instructions"
    ;;
esac
