# Starts PostgreSQL, prints "ready", and stops PostgreSQL when stdin closes. This happens however the
# parent ends, including kill -9. Arguments: folder of the programs, folder of the cluster, whether to
# keep the cluster, flags for initdb, options for the server.
trap '' PIPE HUP
bin=$1 dir=$2 keep=$3 init=$4 options=$5
cd "$dir" || exit 1
: >postgres.log || exit 1

if [ ! -d data ]; then
    # Renamed only when complete, so an interrupted initdb leaves no partial cluster.
    rm -rf data.new
    # shellcheck disable=SC2086
    "$bin/initdb" -D data.new -U kith --pwfile=password --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 $init >>postgres.log 2>&1 || exit 1
    mv data.new data || exit 1
fi

# Still running after a run that was killed together with its supervisor.
if "$bin/pg_ctl" status -D data >/dev/null 2>&1; then
    "$bin/pg_ctl" stop -D data -m fast -w >>postgres.log 2>&1
fi

"$bin/pg_ctl" start -D data -w -t 60 -l postgres.log -o "$options" >/dev/null 2>&1 || exit 1
echo ready 2>/dev/null || :
read -r _
"$bin/pg_ctl" stop -D data -m fast -w -t 30 >/dev/null 2>&1 ||
    "$bin/pg_ctl" stop -D data -m immediate -w >/dev/null 2>&1
[ "$keep" = keep ] || { cd / && rm -rf -- "$dir"; }
