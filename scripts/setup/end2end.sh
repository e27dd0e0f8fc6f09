#!/usr/bin/env bash
# The browser tests' own packages (Playwright, axe), as package-lock.json has them.
source "$(dirname -- "${BASH_SOURCE[0]}")/../common.sh"

cd -- "$ROOT/end2end"
installed=node_modules/.installed-from
if cmp -s package-lock.json "$installed"; then exit 0; fi
logged end2end "Installing the browser tests' packages" \
    env PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund || {
    show_log
    die "The browser tests' packages could not be installed: see above, check that this machine reaches the npm registry, then run the same command again."
}
cp -- package-lock.json "$installed"
