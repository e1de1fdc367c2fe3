#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Builds all archives of the current commit twice, in two folders and with two
# build caches, and fails if their hashes differ. Uncommitted changes have no effect.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

goreleaser=$(build_goreleaser)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for build in first another/second; do
  git clone --quiet "$root" "$work/$build"
  log "Building in $work/$build."
  (
    cd "$work/$build"
    GOCACHE=$work/cache-${build##*/} "$goreleaser" release --snapshot --clean --skip=sign,sbom,publish
    cd dist
    sha256sum ./*.zip
  ) > "$work/${build##*/}.log"
  grep '\.zip$' "$work/${build##*/}.log" > "$work/${build##*/}.sums"
done
if ! diff "$work/first.sums" "$work/second.sums"; then
  log "The archives of both builds differ."
  exit 1
fi
cat "$work/first.sums"
log "Both builds have the same hashes."
