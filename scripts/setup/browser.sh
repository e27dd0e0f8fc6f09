#!/usr/bin/env bash
# Chromium and fonts for the browser tests: the one on this machine, else Debian's, else
# Playwright's own.
source "$(dirname -- "${BASH_SOURCE[0]}")/../env.sh"

[[ -z ${CHROMIUM_PATH:-} ]] || exit 0
compgen -G "${PLAYWRIGHT_BROWSERS_PATH:-$HOME/.cache/ms-playwright}/chromium*/INSTALLATION_COMPLETE" >/dev/null && exit 0

if apt_ready && apt_offers chromium; then
    need_packages "Chromium" chromium fonts-liberation fonts-noto-color-emoji
    exit 0
fi
bash scripts/setup/end2end.sh
cd -- "$ROOT/end2end"
logged browser "Fetching Playwright's Chromium" timeout 600 npx playwright install chromium || {
    show_log
    die "Chromium is missing and could not be fetched: install it (or set CHROMIUM_PATH to one), then run the same command again."
}
