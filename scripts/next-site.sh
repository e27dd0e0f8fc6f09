#!/usr/bin/env bash
# Builds target/next: the service after a deploy that changed one page. end2end/tests/deploy.spec.ts shows
# what that does to people who have been here before.
source "$(dirname -- "${BASH_SOURCE[0]}")/env.sh"

NEXT=$ROOT/target/next
SOURCE=$NEXT/source
PAGE=src/text/graph.rs
BEFORE='Your timeline'
AFTER='Your own timeline'

if [[ $NEXT/release/kith -nt target/.kith-build ]]; then
    say "The next version of the site: nothing has changed"
    exit 0
fi
rm -rf -- "$NEXT"
mkdir -p -- "$SOURCE"
find . -mindepth 1 -maxdepth 1 ! -name target ! -name .git ! -name .kith ! -name end2end -exec cp -a -t "$SOURCE" {} +
sed -i "s/$BEFORE/$AFTER/" "$SOURCE/$PAGE"
grep -q "$AFTER" "$SOURCE/$PAGE" || die "$PAGE no longer says \"$BEFORE\": correct scripts/next-site.sh."

# What the two versions have in common is compiled already.
cp -al -- target/front "$NEXT/front"
find "$NEXT/front" -depth \( -name 'kith*' -o -name 'libkith*' \) -exec rm -rf {} +
cd -- "$SOURCE"
CARGO_TARGET_DIR=$NEXT shown "Building the next version of the site" \
    cargo leptos build --release --split --frontend-only ||
    die "The next version of the site does not build: see above."
mv -- target/site "$NEXT/site"
cp -- "$ROOT/target/release/kith" "$NEXT/release/kith"
rm -rf -- "$NEXT/front" "$SOURCE"
