#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Runs the linters of .golangci.yml, go mod tidy and terraform fmt as checks;
# lint.sh fix mends what can be mended.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

linter=$(tool lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint)
terraform=$(terraform_binary)
export GOLANGCI_LINT_CACHE=$cache/lint TF_CLI_CONFIG_FILE=/dev/null
cd "$root"
if [ "${1:-}" = fix ]; then
  "$linter" fmt
  "$linter" run --fix
  "$terraform" fmt -recursive examples
  go mod tidy
  exit
fi
"$linter" run
"$terraform" fmt -check -recursive examples
go mod tidy -diff
if command -v shellcheck >/dev/null; then
  shellcheck internal/tools/*.sh .ci/run
else
  say "shellcheck is not installed: the shell scripts were not checked."
fi
