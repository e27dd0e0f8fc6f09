#!/usr/bin/env bash
# USER-INFRA-001.1-S1: builds the real Dockerfile and starts the image beside a real PostgreSQL, where no image can be
# pulled and no engine runs: with podman, on a Debian made by mmdebstrap.
#   deploy/prove-image.sh         the builder stage is what `make build` left: a minute
#   deploy/prove-image.sh full    the builder stage is run too, from nothing: half an hour
# shellcheck source=scripts/env.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../scripts/env.sh"

BASE=docker.io/library/debian:bookworm-slim
IMAGE=localhost/kith:proof
# Over the base image, in MB.
SIZE_MAX=60
WORK=$KITH_CACHE/podman
NAME=kith-proof-$$
ORIGIN=http://127.0.0.1:3000

# Network namespaces and a Debian with its owners need root.
((EUID == 0)) || exec sudo --preserve-env=KITH_CACHE,KITH_POSTGRES_BIN -- bash "${BASH_SOURCE[0]}" "$@"

# vfs works on every file system, and runc with cgroups of both versions. Without systemd, podman logs errors about
# the timers that would run health checks; what ends a command is printed all the same.
engine() {
    podman --root "$WORK/store" --runroot "$WORK/run" --storage-driver=vfs --runtime=runc --cgroup-manager=cgroupfs \
        --events-backend=none --log-level=fatal "$@"
}

# A Debian under the name of the base image. Its builder stage reaches registries with this machine's certificates.
make_base() {
    mmdebstrap --quiet --variant=minbase --customize-hook='copy-in /usr/local/share/ca-certificates /usr/local/share' \
        bookworm "$WORK/base.tar" && engine import --quiet "$WORK/base.tar" "$BASE" >/dev/null && rm -- "$WORK/base.tar"
}

# What the builder stage would leave, from what `make build` left.
take_built() {
    rm -rf -- "$WORK/builder"
    mkdir -p -- "$WORK/builder/built/bin"
    cp -- target/release/kith target/release/hash.txt "$WORK/builder/built/bin/"
    cp -r -- target/site "$WORK/builder/built/site"
    cp -- /etc/ssl/certs/ca-certificates.crt "$WORK/builder/built/"
}

# expect WHAT WANTED FOUND
expect() { [[ $3 == "$2" ]] || die "The image's $1 is \"$3\", and should be \"$2\"."; }

# inspect FORMAT [IMAGE]
inspect() { engine image inspect --format "$1" "${2:-$IMAGE}"; }

# What the image promises without being started.
check_image() {
    local size label
    size=$((($(inspect '{{.Size}}') - $(inspect '{{.Size}}' "$BASE")) >> 20))
    say "The image is $size MB larger than its base"
    ((size < SIZE_MAX)) || die "The image is $size MB larger than its base, and may be $SIZE_MAX."
    expect "configuration" "10001:10001 map[3000/tcp:{}] map[/var/lib/kith/avatars:{}] [CMD kith health]" \
        "$(inspect '{{.User}} {{.Config.ExposedPorts}} {{.Config.Volumes}} {{.HealthCheck.Test}}')"
    # All of it, and so no secret.
    expect "environment" "PATH LISTEN_ADDR" "$(inspect '{{range .Config.Env}}{{println .}}{{end}}' | cut -d = -f 1 | xargs)"
    for label in title description version revision; do
        [[ -n $(inspect "{{index .Labels \"org.opencontainers.image.$label\"}}") ]] || die "The image has no $label."
    done
}

inside() { engine exec "$NAME" "$@"; }

# fetch PATH [OPTION…]: its status code.
fetch() { curl -sS -o /dev/null -w '%{http_code}' "$ORIGIN$1" "${@:2}"; }

# With the end of its log, where something failed.
remove_container() {
    local status=$?
    ((status == 0)) || engine logs --tail 10 "$NAME" >&2 || true
    engine rm --force --volumes "$NAME" >/dev/null
}

# Starts the image with a DATABASE_URL, in a network of its own: the image's port is free there.
check_container() {
    local tries=0 file files account='{"email": "ada@example.org", "username": "ada", "password": "correct horse battery"}'
    ip link set lo up
    JWT_PRIVATE_KEY=$(openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null)
    export JWT_PRIVATE_KEY EMAIL_API_KEY=none
    trap remove_container EXIT
    # podman's own limits are above what a machine may allow.
    engine run --detach --name "$NAME" --network=host --ulimit=nofile=1024 --ulimit=nproc=1024 \
        --read-only --read-only-tmpfs=false --cap-drop=all --security-opt=no-new-privileges \
        --env DATABASE_URL --env JWT_PRIVATE_KEY --env EMAIL_API_KEY "$IMAGE" >/dev/null
    until engine healthcheck run "$NAME" >/dev/null 2>&1; do
        ((++tries < 60)) || die "The container did not become healthy."
        sleep 0.5
    done
    expect "/health" 200 "$(fetch /health)"
    expect "POST /auth/register" 201 "$(fetch /auth/register --json "$account")"
    # A page with everything: the styles, the scripts, the application and a chunk of it.
    files=$(curl -sS "$ORIGIN/profile/ada" -H 'accept: text/html' | grep -oE '/pkg/[A-Za-z0-9_.-]+\.(css|js|wasm)' | sort -u)
    expect "number of files that a profile loads" 5 "$(wc -l <<<"$files")"
    for file in $files; do expect "$file" 200 "$(fetch "$file")"; done
    expect "user, capabilities and privileges" '10001 0000000000000000 1' \
        "$(inside sed -nE 's/^(Uid|CapBnd|NoNewPrivs):\t(\w+).*/\2/p' /proc/1/status | paste -sd ' ')"
    inside touch /var/lib/kith/avatars/picture || die "The pictures' folder cannot be written to."
    ! inside touch /opt/kith/picture 2>/dev/null || die "The root file system can be written to."
    engine stop --time 20 "$NAME" >/dev/null
    expect "exit code after SIGTERM" 0 "$(engine inspect -f '{{.State.ExitCode}}' "$NAME")"
}

case ${1:-quick} in
container)
    check_container
    exit
    ;;
quick)
    take_built
    builder=(--quiet --build-context "builder=$WORK/builder")
    ;;
full) builder=() ;;
*) die "Say how to build: deploy/prove-image.sh [full]" ;;
esac
mkdir -p -- "$WORK"
trap 'engine image rm --force "$IMAGE" &>/dev/null || true; rm -rf -- "$WORK/builder"' EXIT
engine image exists "$BASE" || step "Making the base image" "Check that this machine reaches Debian's packages." make_base
# HEALTHCHECK is Docker's: the OCI format has no word for it.
step "Building the image" "Correct what is shown." engine build --format docker --layers=false --pull=never \
    --network=host "${builder[@]}" --build-arg "REVISION=$(git rev-parse HEAD)" --tag "$IMAGE" .
check_image
step "Starting the image" "Correct what is shown." \
    unshare --net -- target/release/kith postgres -- bash "${BASH_SOURCE[0]}" container
say "The image does what it should"
