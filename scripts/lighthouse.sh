#!/usr/bin/env bash
# Prints Lighthouse's scores (mobile, medians of three runs) of the pages that are named, else of those
# that a visitor comes to first.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

ADDRESS=127.0.0.1:38130
RUNS=3
(($#)) || set -- / /login /register

folder=$(mktemp -d)
# As root, PostgreSQL runs as another user, who has to get in.
chmod 711 "$folder"
target/release/kith dev --dir "$folder/kith" --listen "$ADDRESS" >/dev/null 2>"$folder/log" &
service=$!
trap 'kill "$service" 2>/dev/null; wait "$service" 2>/dev/null; rm -rf -- "$folder"; stop_heartbeat' EXIT
until curl -fsS "http://$ADDRESS/health" >/dev/null 2>&1; do
    kill -0 "$service" 2>/dev/null || die "Kith did not start: $(tail -n 1 -- "$folder/log")"
    sleep 0.5
done

# What the pages were given: how fast, how accessible, how well made, how easy to find, out of 100.
export CHROME_PATH=${CHROMIUM_PATH:-}
printf '%-28s %11s %13s %14s %4s %8s\n' page performance accessibility best-practices seo LCP
for path in "$@"; do
    for ((run = 1; run <= RUNS; run++)); do
        "$TOOLS/lighthouse/node_modules/.bin/lighthouse" "http://$ADDRESS$path" --quiet \
            --chrome-flags='--headless=new --no-sandbox --disable-gpu' \
            --output=json --output-path="$folder/$run.json" >"$folder/lighthouse.log" 2>&1 || {
            tail -n 5 -- "$folder/lighthouse.log" >&2
            die "Lighthouse failed on $path: see above."
        }
    done
    # shellcheck disable=SC2016
    node -e '
        const [page, ...files] = process.argv.slice(1);
        const reports = files.map((file) => JSON.parse(require("fs").readFileSync(file)));
        const median = (of) => reports.map(of).sort((a, b) => a - b)[reports.length >> 1];
        const score = (name) => Math.round(100 * median(({ categories }) => categories[name].score));
        const lcp = median(({ audits }) => audits["largest-contentful-paint"].numericValue);
        console.log(page.padEnd(28), String(score("performance")).padStart(11),
            String(score("accessibility")).padStart(13), String(score("best-practices")).padStart(14),
            String(score("seo")).padStart(4), `${(lcp / 1000).toFixed(1)} s`.padStart(8));
    ' "$path" "$folder"/{1..3}.json
done
