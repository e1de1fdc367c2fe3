#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Looks for known vulnerabilities in what the provider calls. It asks the public
# Go vulnerability database, which has to be in reach.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

checker=$(tool vuln golang.org/x/vuln/cmd/govulncheck)
cd "$root"
"$checker" ./...
