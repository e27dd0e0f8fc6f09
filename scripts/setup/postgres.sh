#!/usr/bin/env bash
# PostgreSQL's programs, for the private servers of `kith dev` and the tests. Where a system
# package has to be installed, its own server is neither created nor started.
source "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

# In the places where `kith` looks.
postgres_there() {
    local bin dirs=()
    [[ -z ${KITH_POSTGRES_BIN:-} ]] || dirs+=("$KITH_POSTGRES_BIN")
    ! have pg_config || dirs+=("$(pg_config --bindir)")
    dirs+=(/usr/lib/postgresql/*/bin)
    ! bin=$(command -v initdb) || dirs+=("$(dirname -- "$bin")")
    for bin in "${dirs[@]}"; do
        [[ -x $bin/initdb && -x $bin/postgres ]] || continue
        # "postgres (PostgreSQL) 15.18 (Debian …)"
        ! at_least "$POSTGRES_OLDEST" "$("$bin/postgres" --version | cut -d ' ' -f 3)" || return 0
    done
    return 1
}

! postgres_there || exit 0
no_server=/etc/postgresql-common/createcluster.d/kith-set-up.conf
if apt_ready && [[ ! -e /etc/postgresql-common/createcluster.conf ]]; then
    trap 'stop_heartbeat; as_root rm -f -- "$no_server"' EXIT
    as_root mkdir -p -- "$(dirname -- "$no_server")"
    echo 'create_main_cluster = false' | as_root tee -- "$no_server" >/dev/null
fi
need_packages "PostgreSQL $POSTGRES_OLDEST or newer" postgresql
postgres_there ||
    die "PostgreSQL $POSTGRES_OLDEST or newer is needed, and this system's packages have an older one: install it (https://www.postgresql.org/download), then run the same command again."
