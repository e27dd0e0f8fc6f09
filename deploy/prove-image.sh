#!/usr/bin/env bash
# USER-INFRA-001.1-S1: builds the real Dockerfile and starts the image beside a real PostgreSQL, where no image can be
# pulled and no engine runs: buildah builds on a Debian made by debootstrap, crun starts the result.
#   deploy/prove-image.sh         the builder stage is what `make build` left: seconds
#   deploy/prove-image.sh full    the builder stage is run too, from nothing: half an hour
# shellcheck source=scripts/env.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../scripts/env.sh"

# Over the base image, in MB.
SIZE_MAX=60
BASE=docker.io/library/debian:bookworm-slim
IMAGE=localhost/kith:proof
WORK=$KITH_CACHE/image
ROOTFS=$WORK/debian
BUNDLE=$WORK/bundle
NAME=kith-proof-$$

# Mounts and a root file system with its owners need root.
((EUID == 0)) || exec sudo --preserve-env=KITH_CACHE,KITH_STARTED,KITH_POSTGRES_BIN -- bash "${BASH_SOURCE[0]}" "$@"

export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
store() { buildah --root "$WORK/store" --runroot "$WORK/run" "$@"; }

# A Debian under the name of the base image, from the packages of this machine's own sources.
base() {
    store inspect --type image "$BASE" >/dev/null 2>&1 && return 0
    local mirror container
    mirror=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null |
        sed -nE 's/^(URIs:|deb) +(https?:[^ ]*\/debian)\/?( .*)?$/\2/p' | head -n 1) || true
    mirror=${mirror:-http://deb.debian.org/debian}
    rm -rf -- "$ROOTFS"
    mkdir -p -- "$ROOTFS"
    logged debian "Making the base image (debootstrap)" \
        debootstrap --variant=minbase bookworm "$ROOTFS" "$mirror" || {
        show_log
        die "Debian's base system could not be fetched: see above, then run the same command again."
    }
    # The builder stage reaches the registries as this machine does.
    printf 'deb %s main\n' "$mirror bookworm" "$mirror bookworm-updates" "$mirror-security bookworm-security" \
        >"$ROOTFS/etc/apt/sources.list"
    mkdir -p -- "$ROOTFS/usr/local/share/ca-certificates"
    cp -r -- /usr/local/share/ca-certificates "$ROOTFS/usr/local/share/"
    container=$(store from scratch)
    store add -q "$container" "$ROOTFS" / >/dev/null
    store commit -q --rm "$container" "$BASE" >/dev/null
    rm -rf -- "$ROOTFS"
}

# What the builder stage would leave, from what `make build` left.
built() {
    rm -rf -- "$WORK/builder"
    mkdir -p -- "$WORK/builder/built/bin"
    cp -- target/release/kith target/release/hash.txt "$WORK/builder/built/bin/"
    cp -r -- target/site "$WORK/builder/built/site"
    cp -- /etc/ssl/certs/ca-certificates.crt "$WORK/builder/built/"
}

build() {
    local stage=()
    if [[ $1 != full ]]; then
        built
        stage=(--build-context "builder=$WORK/builder")
    fi
    # HEALTHCHECK is Docker's: the OCI format has no word for it.
    shown "Building the image" store bud -q --pull-never --layers --format docker "${stage[@]}" \
        --build-arg "REVISION=$(git rev-parse HEAD)" --tag "$IMAGE" . ||
        die "The image does not build: see above."
}

# size_of IMAGE: of its files, in MB.
size_of() {
    local container root
    container=$(store from --pull-never "$1")
    root=$(store mount "$container")
    du -sm --apparent-size -- "$root" | cut -f 1
    store rm "$container" >/dev/null
}

size() {
    local over=$(($(size_of "$IMAGE") - $(size_of "$BASE")))
    say "The image is $over MB larger than its base"
    ((over < SIZE_MAX)) || die "The image is $over MB larger than its base, and may be $SIZE_MAX."
}

# The container that an engine would make of the image, ready for crun in $BUNDLE.
bundle() {
    local container
    rm -rf -- "$BUNDLE"
    mkdir -p -- "$BUNDLE/volume"
    container=$(store from --pull-never "$IMAGE")
    cp -a -- "$(store mount "$container")" "$BUNDLE/rootfs"
    store rm "$container" >/dev/null
    # A new volume begins as the folder that it covers.
    cp -a -- "$BUNDLE/rootfs/var/lib/kith/avatars" "$BUNDLE/volume/"
    store inspect --type image "$IMAGE" |
        python3 deploy/oci_config.py "$BUNDLE/volume/avatars" DATABASE_URL JWT_PRIVATE_KEY EMAIL_API_KEY >"$BUNDLE/config.json"
}

# Limits of memory and CPU are the engine's affair.
container() { crun --cgroup-manager=disabled "$@"; }

# in_container COMMAND…: what an engine's `exec` does.
in_container() { container exec --user 10001:10001 "$NAME" "$@"; }

# Within a network and mounts of its own, so that the image's own port is free: started by `prove`.
started() {
    ip link set lo up
    # crun asks for one kind of cgroups, and some machines have two.
    mount -t cgroup2 none /sys/fs/cgroup
    JWT_PRIVATE_KEY=$(openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null)
    export JWT_PRIVATE_KEY EMAIL_API_KEY=none
    bundle
    container run --bundle "$BUNDLE" "$NAME" >"$BUNDLE/log" 2>&1 &
    local process=$! tries=0 origin=http://127.0.0.1:3000 status=0
    trap 'container kill "$NAME" KILL 2>/dev/null || true' EXIT
    until in_container kith health >/dev/null 2>&1; do
        if ((++tries > 60)) || ! kill -0 "$process" 2>/dev/null; then
            cat -- "$BUNDLE/log" >&2
            die "The container did not become healthy: see above."
        fi
        sleep 0.5
    done
    expect '{"status":"ok"}' "/health" "$(curl -fsS "$origin/health")"
    expect 201 "POST /auth/register" "$(curl -sS -o /dev/null -w '%{http_code}' "$origin/auth/register" \
        -H 'content-type: application/json' \
        -d '{"email": "ada@example.org", "username": "ada", "password": "correct horse battery"}')"
    # A page with everything: the styles, the scripts, the application and a chunk of it.
    local files file
    files=$(curl -sS "$origin/profile/ada" -H 'accept: text/html' | grep -oE '/pkg/[A-Za-z0-9_.-]+\.(css|js|wasm)' | sort -u)
    expect 5 "number of files that a profile loads" "$(wc -l <<<"$files")"
    for file in $files; do
        expect 200 "file $file" "$(curl -sS -o /dev/null -w '%{http_code}' "$origin$file")"
    done
    expect 10001 "user" "$(in_container sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' /proc/1/status)"
    in_container sh -c 'echo >/var/lib/kith/avatars/picture' || die "The pictures' folder cannot be written to."
    ! in_container sh -c 'echo >/opt/kith/picture' 2>/dev/null || die "The root file system can be written to."
    container kill "$NAME" TERM
    wait "$process" || status=$?
    expect 0 "exit code after SIGTERM" "$status"
    trap - EXIT
}

# expect WANTED WHAT FOUND
expect() {
    [[ $3 == "$1" ]] || {
        tail -n 5 -- "$BUNDLE/log" >&2
        die "The image's $2 is \"$3\", and should be \"$1\"."
    }
}

prove() {
    base
    build "$1"
    size
    shown "Starting the image" unshare --net --mount -- target/release/kith postgres -- bash "${BASH_SOURCE[0]}" started ||
        die "The image does not do what it should: see above."
    rm -rf -- "$BUNDLE" "$WORK/builder"
    say "The image is proved"
}

case ${1:-quick} in
quick | full) prove "${1:-quick}" ;;
started) started ;;
*) die "say how to build: deploy/prove-image.sh [full]" ;;
esac
