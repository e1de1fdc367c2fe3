#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Builds the provider into the folder that terraform init and tofu init search
# before the registry.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

version=0.1.0
cd "$root"
# A source address without a host means a different registry in Terraform and in OpenTofu.
for registry in registry.terraform.io registry.opentofu.org; do
  folder=$HOME/.terraform.d/plugins/$registry/planetary-computer/pc/$version/$(go env GOOS)_$(go env GOARCH)
  mkdir -p "$folder"
  go build -trimpath -ldflags "-X main.version=$version" -o "$folder/terraform-provider-pc_v$version" .
  log "Installed $folder/terraform-provider-pc_v$version"
done
