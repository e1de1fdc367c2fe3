#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Runs the tests that make test runs, under the race detector, which needs a C
# compiler.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

compiler=$(go env CC)
if ! command -v "${compiler%% *}" >/dev/null; then
  say "Go's race detector needs a C compiler, and there is no $compiler on PATH (Debian: gcc)."
  exit 1
fi
CGO_ENABLED=1 "$root/internal/tools/test.sh" -race -count=1 -timeout 15m ./...
