#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Runs the tests that need the real servers.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

missing=()
command -v python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=("Python 3.11 or later with its venv module (Debian: python3-venv)")
command -v node >/dev/null || missing+=("Node.js 20 or later")
command -v npm >/dev/null || missing+=("npm")
if [ ${#missing[@]} -gt 0 ]; then
  say "The integration tests run the real Dask Gateway and JupyterHub. They need:"
  printf '  %s\n' "${missing[@]}" >&2
  exit 1
fi
cd "$root"
packages=$(grep -rl --include='*_test.go' '^//go:build integration' internal | xargs -n1 dirname | sort -u | sed 's|^|./|')
# One package after the other: each starts servers of its own.
# shellcheck disable=SC2086 # one argument for each package
"$root/internal/tools/test.sh" -tags integration -count=1 -p 1 -timeout 20m $packages
