#!/usr/bin/env bash
# Lighthouse, for `make lighthouse` alone.
source "$(dirname -- "${BASH_SOURCE[0]}")/../env.sh"

installed=$TOOLS/lighthouse/node_modules/lighthouse/package.json
if grep -q "\"version\": \"$LIGHTHOUSE_VERSION\"" "$installed" 2>/dev/null; then exit 0; fi
mkdir -p -- "$TOOLS/lighthouse"
logged lighthouse "Installing Lighthouse $LIGHTHOUSE_VERSION" \
    npm install --prefix "$TOOLS/lighthouse" --no-save --no-audit --no-fund "lighthouse@$LIGHTHOUSE_VERSION" || {
    show_log
    die "Lighthouse could not be installed: see above, check that this machine reaches the npm registry, then run the same command again."
}
