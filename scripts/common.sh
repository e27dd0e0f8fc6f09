# What every script shares: where things are, what is said, how packages are installed. Sourced.
# shellcheck shell=bash
set -euo pipefail

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
cd -- "$ROOT"
# shellcheck source=scripts/versions.sh
source scripts/versions.sh

export KITH_CACHE="${KITH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kith}"
TOOLS=$KITH_CACHE/tools
export KITH_STARTED="${KITH_STARTED:-$(date +%s)}"
mkdir -p -- "$TOOLS/bin" "$KITH_CACHE/log" 2>/dev/null || {
    echo "kith: cannot write to $KITH_CACHE: set KITH_CACHE to a folder that can be written to" >&2
    exit 1
}

# say TEXT: one line, with the time since the command began.
say() {
    local s=$(($(date +%s) - KITH_STARTED))
    printf '[kith %2d:%02d] %s\n' $((s / 60)) $((s % 60)) "$*"
}

# die SENTENCE: the last thing said, and what to do about it.
die() {
    printf 'kith: %s\n' "$*" >&2
    exit 1
}

have() { command -v -- "$1" >/dev/null 2>&1; }

# at_least OLDEST VERSION: whether VERSION is OLDEST or newer.
at_least() { [[ -n $2 && $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]; }

took() { printf '%d min %02d s' $((($1) / 60)) $((($1) % 60)); }

# How far the command behind a log is: cargo's own count where there is one, else its last line.
progress_in() {
    local end count
    end=$(tail -c 4000 -- "$1" | tr '\r' '\n' | grep -a '[^[:space:]]') || return 0
    count=$(grep -aoE '[0-9]+/[0-9]+: [A-Za-z0-9_-]+' <<<"$end" | tail -n 1) || true
    if [[ -n $count ]]; then
        echo "crate ${count/:/, now}"
    else
        tail -n 1 <<<"$end" | tr -s ' ' | cut -c 1-80
    fi
}

# A line every 15 seconds while a step goes on. It has no child process that could outlive it.
heartbeat() {
    local what=$1 log=${2:-} tick began=$SECONDS
    exec {tick}<> <(:)
    while true; do
        read -rt 15 -u "$tick" || true
        kill -0 "$$" 2>/dev/null || return 0
        say "$what: $(took $((SECONDS - began))) so far${log:+, $(progress_in "$log")}"
    done
}

stop_heartbeat() {
    [[ -z ${HEARTBEAT:-} ]] || { kill "$HEARTBEAT" && wait "$HEARTBEAT"; } 2>/dev/null || true
    HEARTBEAT=
}
trap stop_heartbeat EXIT

# logged NAME WHAT COMMAND…: runs it with its output in a log, and keeps saying how far it is.
logged() {
    local name=$1 what=$2 began=$SECONDS status=0
    LOG=$KITH_CACHE/log/$name.log
    shift 2
    say "$what …"
    : >"$LOG"
    heartbeat "$what" "$LOG" &
    HEARTBEAT=$!
    "$@" >"$LOG" 2>&1 </dev/null || status=$?
    stop_heartbeat
    ((status)) || say "$what: done in $(took $((SECONDS - began)))"
    return $status
}

# shown WHAT COMMAND…: runs it with its output on the terminal; where there is none, which also
# means no progress bar of cargo's, a line now and then tells that it goes on.
shown() {
    local what=$1 began=$SECONDS status=0
    shift
    say "$what …"
    if [[ ! -t 2 ]]; then
        heartbeat "$what" &
        HEARTBEAT=$!
    fi
    "$@" || status=$?
    stop_heartbeat
    ((status)) || say "$what: done in $(took $((SECONDS - began)))"
    return $status
}

# The end of the log of the step that failed.
show_log() { tail -c 3000 -- "$LOG" | tr '\r' '\n' | tail -n 8 | cut -c 1-200 | sed 's/^/    /' >&2; }

as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# apt_ready: whether Debian packages can be installed from here, with a fresh list of them.
apt_ready() {
    have apt-get || return 1
    if ((EUID != 0)); then
        have sudo || return 1
        # Where a password is needed, ask for it now, on the terminal, and not into a log.
        sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; } || return 1
    fi
    [[ -n $(find "$TOOLS/.apt-list-read" -mmin -60 2>/dev/null) ]] && return 0
    logged apt "Reading Debian's package list" as_root apt-get update -o Acquire::Retries=3 || return 1
    # Without network apt-get only warns, and the list is still the old one.
    grep -q '^[WE]: ' "$LOG" || touch -- "$TOOLS/.apt-list-read"
}

apt_offers() { apt-cache show -- "$1" >/dev/null 2>&1; }

apt_install() {
    logged apt "Installing Debian's $*" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends --no-remove \
        -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -- "$@"
}

# need_packages WHAT PACKAGE…: installs them, or says who has to.
need_packages() {
    local what=$1
    shift
    apt_ready || die "$what is missing and cannot be installed from here: install it" \
        "(Debian and Ubuntu: \`sudo apt-get install $*\`), then run the same command again."
    apt_install "$@" || {
        show_log
        die "$what could not be installed: see above, run \`sudo apt-get install $*\` by hand," \
            "then the same command again."
    }
}
