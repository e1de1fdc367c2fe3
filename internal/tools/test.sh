#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Runs go test with a Terraform binary: test.sh [go test arguments].

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

TF_ACC_TERRAFORM_PATH=$(terraform_binary)
unset_settings
export TF_ACC_TERRAFORM_PATH TF_ACC=1 CHECKPOINT_DISABLE=1
if is_opentofu "$TF_ACC_TERRAFORM_PATH"; then
  export TF_ACC_PROVIDER_HOST=registry.opentofu.org
fi
# Replace the user's own CLI configuration, which could change the results.
config=$(mktemp)
trap 'rm -f "$config"' EXIT
export TF_CLI_CONFIG_FILE=$config
log "Testing with $TF_ACC_TERRAFORM_PATH."
cd "$root"
go test "$@"
