#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Runs the tests of make test with the race detector, which needs a C compiler.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

compiler=$(go env CC)
if ! command -v "${compiler%% *}" >/dev/null; then
  log "Go's race detector needs a C compiler, and $compiler is not on PATH (Debian: gcc)."
  exit 1
fi
CGO_ENABLED=1 "$root/internal/tools/test.sh" -race -count=1 -timeout 15m ./...
