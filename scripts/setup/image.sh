#!/usr/bin/env bash
# What builds and runs the container image where no image can be pulled: deploy/prove-image.sh.
source "$(dirname -- "${BASH_SOURCE[0]}")/../env.sh"

missing=()
have podman || missing+=(podman)
have runc || missing+=(runc)
have mmdebstrap || missing+=(mmdebstrap)
have ip || missing+=(iproute2)
have openssl || missing+=(openssl)
have curl || missing+=(curl)
((${#missing[@]} == 0)) || need_packages "What proves the container image" "${missing[@]}"
