#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Runs tests and demo with several engines:
#
#   engines.sh         on the oldest supported Terraform, the one on PATH, a
#                      Terraform with list resources and actions, and the oldest
#                      supported and the newest OpenTofu
#   engines.sh newest  only the tests of features that the default Terraform may
#                      not have, on a Terraform of 1.14 or later
#
# The script builds the engines that are not on PATH, each once, in about four
# minutes on two cores.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

cd "$root"
case ${1:-} in
  "")
    failed=()
    for name in terraform18 path terraform115 opentofu110 opentofu; do
      case $name in
        path) engine=$(terraform_binary) ;;
        opentofu*) engine=$(build_opentofu "$name") ;;
        *) engine=$(build_terraform $name) ;;
      esac
      for target in test demo; do
        log "" "== make $target with $(engine_version "$engine")"
        TF_ACC_TERRAFORM_PATH=$engine make --no-print-directory $target || failed+=("make $target with $(engine_version "$engine")")
      done
    done
    if [ ${#failed[@]} -gt 0 ]; then
      log "" "Failed:" "${failed[@]}"
      exit 1
    fi
    ;;
  newest)
    TF_ACC_TERRAFORM_PATH=$(newest_terraform)
    export TF_ACC_TERRAFORM_PATH
    # Query, ListResource and Action: Terraform 1.14. Identity and Examples (import
    # by identity): 1.12.
    internal/tools/test.sh -count=1 -timeout 10m -run 'Query|ListResource|Action|Identity|^TestExamples' ./internal/provider/... ./internal/testing/integration/...
    ;;
  *) log "engines.sh [newest]" && exit 2 ;;
esac
