#!/usr/bin/env bash
# nginx, Prometheus and Alertmanager, which the tests of the estate start by themselves. What a system
# package would start on its own is neither started nor left to start later.
source "$(dirname -- "${BASH_SOURCE[0]}")/../env.sh"

missing=() services=()
have nginx || { missing+=(nginx-light) && services+=(nginx); }
have promtool || { missing+=(prometheus) && services+=(prometheus); }
have amtool || { missing+=(prometheus-alertmanager) && services+=(prometheus-alertmanager); }
((${#missing[@]})) || exit 0

# The question that Debian's packages ask before they start something; 101 is no.
policy=/usr/sbin/policy-rc.d
if apt_ready && [[ ! -e $policy ]]; then
    trap 'stop_heartbeat; as_root rm -f -- "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee -- "$policy" >/dev/null
    as_root chmod 755 -- "$policy"
fi
need_packages "What the service runs behind (${missing[*]})" "${missing[@]}"
! have systemctl || as_root systemctl disable --quiet -- "${services[@]}" || true
