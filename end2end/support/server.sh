# Serves Kith from a fresh folder at the address given, until it is told to stop; leaves its log alone.
kith=../target/release/kith
if [ ! -x "$kith" ]; then
    echo "target/release/kith is missing: run \`make build\` first" >&2
    exit 1
fi
dir=$(mktemp -d)
# As root, PostgreSQL runs as another user, who has to get in.
chmod 711 "$dir"
# The signal reaches Kith too; here it must only not skip the last line.
trap : TERM INT
"$kith" dev --dir "$dir/kith" --listen "$1" 2>"$KITH_LOG" || tail -n 5 "$KITH_LOG" >&2
rm -rf "$dir"
