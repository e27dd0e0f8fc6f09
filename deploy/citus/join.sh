#!/usr/bin/env bash
# Makes a cluster of the nodes. Arguments: their host names, the coordinator's first. Running it again is safe.
set -euo pipefail
secrets=${SECRETS:-/run/secrets/postgres}
export PGUSER=postgres PGDATABASE=kith PGPASSWORD PGSSLMODE=disable
PGPASSWORD=$(<"$secrets/password")
coordinator=$1

for node in "$@"; do
    # The passwords with which the nodes connect to each other, as the role that a statement came from.
    psql -qX -v ON_ERROR_STOP=1 -h "$node" \
        -v postgres="password=$PGPASSWORD" \
        -v kith="password=$(<"$secrets/service-password")" \
        -v kith_owner="password=$(<"$secrets/owner-password")" <<'SQL'
CREATE EXTENSION IF NOT EXISTS citus;
INSERT INTO pg_dist_authinfo (nodeid, rolename, authinfo)
SELECT nodeid, role, info FROM (VALUES ('postgres', :'postgres'), ('kith', :'kith'), ('kith_owner', :'kith_owner'))
    roles (role, info), unnest('{0,-1}'::int[]) nodeid
ON CONFLICT (nodeid, rolename) DO UPDATE SET authinfo = excluded.authinfo;
-- The timeout that an instance sets for its connections does not reach the workers.
ALTER ROLE kith SET lock_timeout = '250ms';
SQL
done

psql -qX -v ON_ERROR_STOP=1 -h "$coordinator" -c "SELECT citus_set_coordinator_host('$coordinator')"
shift
for worker in "$@"; do
    psql -qX -v ON_ERROR_STOP=1 -h "$coordinator" -c "SELECT citus_add_node('$worker', 5432)"
done
