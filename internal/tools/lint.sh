#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Runs the linters of .golangci.yml and checks the length of the tests, go.mod, the
# format of the examples and the shell scripts. lint.sh fix fixes what can be fixed
# automatically.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

linter=$(build_tool lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint)
terraform=$(terraform_binary)
export GOLANGCI_LINT_CACHE=$cache/lint TF_CLI_CONFIG_FILE=/dev/null
cd "$root"
if [ "${1:-}" = fix ]; then
  "$linter" fmt
  "$linter" run --allow-serial-runners --fix
  "$terraform" fmt -recursive examples
  go mod tidy
  exit
fi
# Clones on the same machine run the linter one after the other.
"$linter" run --allow-serial-runners
# The same flags as in cache.sh, so that Go compiles the dependencies only once.
for module in kube-apiserver chart diagrams; do
  (cd "internal/tools/$module" && GOFLAGS=-trimpath CGO_ENABLED=0 "$linter" run --allow-serial-runners)
done
# The linter has one limit for all files, and a test may be longer.
long=$(git ls-files '*_test.go' | xargs awk '!/^[[:space:]]*(\/\/.*)?$/ { lines[FILENAME]++ } END { for (file in lines) if (lines[file] > 500) print "  " file ": " lines[file] }')
if [ -n "$long" ]; then
  log "These tests have more than 500 lines, not counting blank lines and comments:" "$long"
  exit 1
fi
"$terraform" fmt -check -recursive examples
go mod tidy -diff
if command -v shellcheck >/dev/null; then
  shellcheck internal/tools/*.sh .ci/run
else
  log "shellcheck is not installed, so the shell scripts were not checked."
fi
