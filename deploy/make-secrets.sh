#!/usr/bin/env bash
# Generates the secrets of the deployment that do not exist yet. compose.yaml runs it once. Each folder is a volume
# that only one service can see. Argument: the parent folder (/secrets).
set -euo pipefail
umask 077
cd -- "${1:-/secrets}"

# keep FILE COMMAND…: writes the output of the command to the file, unless the file exists.
keep() {
    local file=$1
    shift
    [[ -s $file ]] || { "$@" >"$file.new" && mv -- "$file.new" "$file"; }
}

keep postgres/password openssl rand -hex 32
keep postgres/owner-password openssl rand -hex 32
keep postgres/service-password openssl rand -hex 32
keep s3/password openssl rand -hex 32
keep s3/service-password openssl rand -hex 32
keep grafana/password openssl rand -hex 16
keep on-call/url echo http://on-call:8080/
keep kith/jwt.pem openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048
keep kith/email-key openssl rand -hex 32
keep kith/s3-password cat s3/service-password
keep kith/database-url echo "postgres://kith:$(cat postgres/service-password)@postgres:5432/kith"
keep migrate/database-url echo "postgres://kith_owner:$(cat postgres/owner-password)@postgres:5432/kith"

# The users that the images run as. The S3 store starts as root.
chown -R 10001:10001 kith migrate
chown -R postgres:postgres postgres
chown -R 65534:65534 on-call
chown -R 472:0 grafana
chmod 500 ./*/
chmod 400 ./*/*
