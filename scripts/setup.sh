#!/usr/bin/env bash
# Installs what is missing on this machine, and nothing else: setup.sh check|build|image|lighthouse|test
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# What the compiled tools need, those tools, and what is installed while they compile.
first=(compiler rust) compiled=() beside=()
case ${1:-} in
check) ;;
build) compiled=(cargo-leptos wasm-bindgen) beside=(postgres node wasm-opt) ;;
# In the Dockerfile's builder, which starts nothing.
image) compiled=(cargo-leptos wasm-bindgen) beside=(node wasm-opt) ;;
lighthouse) beside=(node browser) ;;
test) compiled=(cargo-leptos wasm-bindgen) beside=(postgres node wasm-opt browser end2end estate alembic image) ;;
*) die "say what to set up for: scripts/setup.sh check|build|image|lighthouse|test" ;;
esac

# Two set-ups at once would install the same things over each other.
if have flock; then
    exec {lock}>"$KITH_CACHE/setup.lock"
    flock -n "$lock" || {
        say "Waiting for another set-up on this machine to finish …"
        flock "$lock"
    }
fi

# Each compiled tool leaves a core idle now and then, and the rest waits for network and disk: so
# all goes on side by side. Each compile has its own process group (set -m): whatever ends this
# script ends it too.
declare -A running=()
stop_all() {
    for name in "${!running[@]}"; do kill -- "-${running[$name]}" 2>/dev/null || true; done
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

for name in "${first[@]}"; do bash "scripts/setup/$name.sh" || exit 1; done
set -m
for name in "${compiled[@]}"; do
    bash "scripts/setup/$name.sh" "$1" </dev/null &
    running[$name]=$!
done
set +m
for name in "${beside[@]}"; do bash "scripts/setup/$name.sh" || exit 1; done
while ((${#running[@]})); do
    status=0
    wait -n -p done_pid "${running[@]}" || status=$?
    for name in "${!running[@]}"; do
        [[ ${running[$name]} != "$done_pid" ]] || unset "running[$name]"
    done
    ((status == 0)) || exit 1
done
say "Set-up: everything needed for \`make $1\` is here"
