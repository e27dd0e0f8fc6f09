#!/usr/bin/env bash
# USER-INFRA-001.1-S1: builds the image from the Dockerfile with podman and starts it with a real PostgreSQL. The base
# image is a Debian made by mmdebstrap, so no registry is needed.
#   deploy/prove-image.sh         uses the output of `make build` as the builder stage: a minute
#   deploy/prove-image.sh full    also runs the builder stage from scratch: half an hour
# shellcheck source=scripts/env.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../scripts/env.sh"

BASE=docker.io/library/debian:bookworm-slim
IMAGE=localhost/kith:proof
# Allowed size on top of the base image, in MB.
SIZE_MAX=60
WORK=$KITH_CACHE/podman
NAME=kith-proof-$$
ORIGIN=http://127.0.0.1:3000

# Network namespaces and the file owners of the base image require root.
((EUID == 0)) || exec sudo --preserve-env=KITH_CACHE,KITH_POSTGRES_BIN -- bash deploy/prove-image.sh "$@"

# vfs works on every file system, and runc with both versions of cgroups. Without systemd, podman logs errors about
# timers for health checks, so only fatal ones are shown. Errors that end a command are printed anyway.
engine() {
    podman --root "$WORK/store" --runroot "$WORK/run" --storage-driver=vfs --runtime=runc --cgroup-manager=cgroupfs \
        --events-backend=none --log-level=fatal "$@"
}

# Imports a Debian under the name of the base image. It gets this machine's CA certificates, so that the builder stage
# can reach the package registries.
make_base() {
    mmdebstrap --quiet --variant=minbase --customize-hook='copy-in /usr/local/share/ca-certificates /usr/local/share' \
        bookworm "$WORK/base.tar" && engine import --quiet "$WORK/base.tar" "$BASE" >/dev/null && rm -- "$WORK/base.tar"
}

# Lays out the output of `make build` as the builder stage does.
take_built() {
    rm -rf -- "$WORK/builder"
    mkdir -p -- "$WORK/builder/built/bin"
    cp -- target/release/kith target/release/hash.txt "$WORK/builder/built/bin/"
    cp -r -- target/site "$WORK/builder/built/site"
    cp -- /etc/ssl/certs/ca-certificates.crt "$WORK/builder/built/"
}

# expect WHAT EXPECTED ACTUAL
expect() { [[ $3 == "$2" ]] || die "The image's $1 is \"$3\", but should be \"$2\"."; }

# inspect FORMAT [IMAGE]
inspect() { engine image inspect --format "$1" "${2:-$IMAGE}"; }

# Checks the metadata of the image.
check_image() {
    local size label
    size=$((($(inspect '{{.Size}}') - $(inspect '{{.Size}}' "$BASE")) >> 20))
    say "The image is $size MB larger than its base"
    ((size < SIZE_MAX)) || die "The image is $size MB larger than its base. The limit is $SIZE_MAX MB."
    expect "configuration" "10001:10001 map[3000/tcp:{}] map[/var/lib/kith/avatars:{}] [CMD kith health]" \
        "$(inspect '{{.User}} {{.Config.ExposedPorts}} {{.Config.Volumes}} {{.HealthCheck.Test}}')"
    # There are no other variables, and therefore no secrets.
    expect "environment" "PATH LISTEN_ADDR" "$(inspect '{{range .Config.Env}}{{println .}}{{end}}' | cut -d = -f 1 | xargs)"
    for label in title description version revision licenses; do
        [[ -n $(inspect "{{index .Labels \"org.opencontainers.image.$label\"}}") ]] || die "The image has no $label."
    done
}

inside() { engine exec "$NAME" "$@"; }

# fetch PATH [OPTION…]: prints the status code.
fetch() { curl -sS -o /dev/null -w '%{http_code}' "$ORIGIN$1" "${@:2}"; }

# Prints the end of the container's log if something failed.
remove_container() {
    local status=$?
    ((status == 0)) || engine logs --tail 10 "$NAME" >&2 || true
    engine rm --force --volumes "$NAME" >/dev/null
}

# Starts the image with DATABASE_URL, in a separate network namespace, where the image's port is free.
check_container() {
    local tries=0 file files account='{"email": "ada@example.org", "username": "ada", "password": "correct horse battery"}'
    ip link set lo up
    JWT_PRIVATE_KEY=$(openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null)
    export JWT_PRIVATE_KEY EMAIL_API_KEY=none
    trap remove_container EXIT
    # The defaults of podman exceed what some machines allow.
    engine run --detach --name "$NAME" --network=host --ulimit=nofile=1024 --ulimit=nproc=1024 \
        --read-only --read-only-tmpfs=false --cap-drop=all --security-opt=no-new-privileges \
        --env DATABASE_URL --env JWT_PRIVATE_KEY --env EMAIL_API_KEY "$IMAGE" >/dev/null
    until engine healthcheck run "$NAME" >/dev/null 2>&1; do
        ((++tries < 60)) || die "The container did not become healthy."
        sleep 0.5
    done
    expect "/health" 200 "$(fetch /health)"
    expect "POST /auth/register" 201 "$(fetch /auth/register --json "$account")"
    # This page loads styles, scripts, the application and two chunks.
    files=$(curl -sS "$ORIGIN/profile/ada" -H 'accept: text/html' | grep -oE '/pkg/[A-Za-z0-9_.-]+\.(css|js|wasm)' | sort -u)
    expect "number of files that a profile loads" 6 "$(wc -l <<<"$files")"
    for file in $files; do expect "$file" 200 "$(fetch "$file")"; done
    expect "user, capabilities and privileges" '10001 0000000000000000 1' \
        "$(inside sed -nE 's/^(Uid|CapBnd|NoNewPrivs):\t(\w+).*/\2/p' /proc/1/status | paste -sd ' ')"
    inside touch /var/lib/kith/avatars/picture || die "The folder of the pictures is not writable."
    ! inside touch /opt/kith/picture 2>/dev/null || die "The root file system is writable."
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
engine image exists "$BASE" || step "Making the base image" "Check that this machine reaches a Debian mirror." make_base
# The OCI format does not support HEALTHCHECK, the Docker format does.
step "Building the image" "Fix what is shown." engine build --format docker --layers=false --pull=never \
    --network=host "${builder[@]}" --build-arg "REVISION=$(git rev-parse HEAD)" --tag "$IMAGE" .
check_image
step "Starting the image" "Fix what is shown." \
    unshare --net -- target/release/kith postgres -- bash deploy/prove-image.sh container
say "The image passed all checks"
