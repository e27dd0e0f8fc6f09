#!/usr/bin/env bash
# Builds target/next, the service after a deployment that changed one page. end2end/tests/deploy.spec.ts checks that
# returning visitors get a working page.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

NEXT=$PWD/target/next
PAGE=src/app/graph/timeline.rs

[[ ! $NEXT/release/kith -nt target/.build-ended ]] || exit 0
rm -rf -- "$NEXT"
mkdir -p -- "$NEXT/source"
# The builder of the image receives exactly the inputs of a build.
sed -n 's/^!//p' .dockerignore | xargs cp -a --parents -t "$NEXT/source"
sed -i 's|next="/timeline"|next="/timeline?after"|' "$NEXT/source/$PAGE"
! cmp -s "$PAGE" "$NEXT/source/$PAGE" || die "$PAGE no longer has next=\"/timeline\": update scripts/next-site.sh."

# Dependencies are the same and already compiled.
cp -al -- target/front "$NEXT/front"
find "$NEXT/front" -depth \( -name 'kith*' -o -name 'libkith*' \) -exec rm -rf {} +
cd -- "$NEXT/source"
CARGO_TARGET_DIR=$NEXT step "Building the next version of the site" "Fix what is shown, then run the same command again." \
    cargo leptos build --release --split --frontend-only
mv -- target/site "$NEXT/site"
cp -- "$OLDPWD/target/release/kith" "$NEXT/release/kith"
rm -rf -- "$NEXT/front" "$NEXT/source"
