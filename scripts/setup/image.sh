#!/usr/bin/env bash
# What builds and runs the container image where no image can be pulled: deploy/prove-image.sh.
source "$(dirname -- "${BASH_SOURCE[0]}")/../env.sh"

missing=()
have buildah || missing+=(buildah)
have crun || missing+=(crun)
have debootstrap || missing+=(debootstrap)
have ip || missing+=(iproute2)
have openssl || missing+=(openssl)
have curl || missing+=(curl)
have python3 || missing+=(python3)
((${#missing[@]} == 0)) || need_packages "What proves the container image" "${missing[@]}"
