#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Checks the provider's code for known vulnerabilities. Needs access to the public
# Go vulnerability database.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

checker=$(build_tool vuln golang.org/x/vuln/cmd/govulncheck)
cd "$root"
"$checker" ./...
