#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Builds the provider into the folder where terraform init and tofu init look
# before they ask a registry.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

version=0.1.0
cd "$root"
# A source without a host names another registry in Terraform than in OpenTofu.
for registry in registry.terraform.io registry.opentofu.org; do
  folder=$HOME/.terraform.d/plugins/$registry/planetary-computer/pc/$version/$(go env GOOS)_$(go env GOARCH)
  mkdir -p "$folder"
  go build -trimpath -ldflags "-X main.version=$version" -o "$folder/terraform-provider-pc_v$version" .
  say "Installed $folder/terraform-provider-pc_v$version"
done
