#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Runs the tests of make test with the race detector, which needs a C compiler. It omits
# the packages that run the provider as a program of its own, which the detector
# does not see.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

compiler=$(go env CC)
if ! command -v "${compiler%% *}" >/dev/null; then
  log "Go's race detector needs a C compiler, and $compiler is not on PATH (Debian: gcc)."
  exit 1
fi
cd "$root"
packages=$(go list ./... | grep -vE '/integration/(attacks|ephemeral|examples|interrupts|scale)$')
# shellcheck disable=SC2086 # one argument per package
CGO_ENABLED=1 internal/tools/test.sh -race -count=1 -timeout 15m $packages
