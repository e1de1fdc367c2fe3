#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Builds what a release would hold, unsigned, into dist/, with the goreleaser on
# PATH or, where there is none, the one that is pinned here.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

if command -v goreleaser >/dev/null; then
  goreleaser=$(command -v goreleaser)
else
  goreleaser=$(tool goreleaser github.com/goreleaser/goreleaser/v2 "-X main.version=2.13.3")
fi
cd "$root"
"$goreleaser" check
"$goreleaser" release --snapshot --clean --skip=sign
archives=(dist/*.zip)
manifests=(dist/*_manifest.json)
say "${#archives[@]} archives; checksums:"
cat dist/*_SHA256SUMS
grep -q '_manifest.json$' dist/*_SHA256SUMS || { say "The checksums leave out ${manifests[*]}, which the registry needs."; exit 1; }
