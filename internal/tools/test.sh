#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Runs go test with a Terraform binary: test.sh [go test arguments].

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

TF_ACC_TERRAFORM_PATH=$(terraform_binary)
export TF_ACC_TERRAFORM_PATH TF_ACC=1 CHECKPOINT_DISABLE=1
case $(basename "$TF_ACC_TERRAFORM_PATH") in
  tofu*) export TF_ACC_PROVIDER_HOST=registry.opentofu.org ;;
esac
# A configuration of the person's own must not decide what the tests see.
config=$(mktemp)
trap 'rm -f "$config"' EXIT
export TF_CLI_CONFIG_FILE=$config
say "Testing with $TF_ACC_TERRAFORM_PATH."
cd "$root"
go test "$@"
