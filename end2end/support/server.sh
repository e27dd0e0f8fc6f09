# Serves Kith at the given address from a temporary directory until it receives a signal. Keeps the log.
kith=../target/release/kith
if [ ! -x "$kith" ]; then
    echo "target/release/kith is missing: run \`make build\` first" >&2
    exit 1
fi
dir=$(mktemp -d)
# If the tests run as root, PostgreSQL runs as another user, which needs access to the directory.
chmod 711 "$dir"
# Kith receives the signal too. The trap only keeps this script alive to delete the directory.
trap : TERM INT
"$kith" dev --dir "$dir/kith" --listen "$1" 2>"$KITH_LOG" || tail -n 5 "$KITH_LOG" >&2
rm -rf "$dir"
