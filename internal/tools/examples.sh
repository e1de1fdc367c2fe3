#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Runs terraform validate and terraform test on the examples that need other
# providers as well. The script builds the TLS provider. It looks for the AzureRM,
# AzAPI and Helm providers in the folder TERRAFORM_PLUGINS, in the cache and in the
# registry. If none of them has AzureRM, the script builds it once, which takes ten
# minutes on two cores. AzAPI and Helm cannot be built: their versions have no Go
# module. The script reports missing providers and skips the examples or the files
# that need them.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

terraform=$(terraform_binary)
unset_settings
export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1
plugins=$cache/plugins
mkdir -p "$plugins"
skipped=()

# owner_of NAME prints the namespace of a provider.
owner_of() {
  case $1 in pc) echo planetary-computer ;; azapi) echo Azure ;; *) echo hashicorp ;; esac
}

# link_plugin NAME CONSTRAINT links a provider into $work/plugins. It fails if the
# provider is not available.
link_plugin() {
  local name=$1 constraint=$2 binary folder
  binary=$(find ${TERRAFORM_PLUGINS:+"$TERRAFORM_PLUGINS"} "$plugins" -maxdepth 1 \( -name "terraform-provider-$name" -o -name "terraform-provider-${name}_*" \) | head -n 1)
  if [ -z "$binary" ]; then
    folder=$work/registry-$name
    mkdir "$folder"
    printf 'terraform {\n  required_providers {\n    %s = {\n      source  = "%s/%s"\n      version = "%s"\n    }\n  }\n}\n' "$name" "$(owner_of "$name")" "$name" "$constraint" > "$folder/main.tf"
    if TF_CLI_CONFIG_FILE=/dev/null timeout 300 "$terraform" -chdir="$folder" init -no-color > "$folder/log" 2>&1; then
      binary=$(find "$folder/.terraform" -type f -name "terraform-provider-${name}_*")
      cp "$binary" "$plugins/terraform-provider-$name.$$"
      mv "$plugins/terraform-provider-$name.$$" "$plugins/terraform-provider-$name"
      binary=$plugins/terraform-provider-$name
    elif [ -f "$root/internal/tools/$name/go.mod" ]; then
      binary=$(build_tool "$name" "github.com/hashicorp/terraform-provider-$name")
      [ -x "$binary" ] || return 1
    else
      return 1
    fi
  fi
  ln -s "$binary" "$work/plugins/terraform-provider-$name"
}

# check FOLDER NAME [FILE...] validates a copy of the example, and tests it with these
# files of tests/stand-in in the place of its own.
check() {
  local name
  printf '\n== %s\n' "$2"
  cp -R "$1" "$work/example"
  "$terraform" -chdir="$work/example" get -no-color > /dev/null
  "$terraform" -chdir="$work/example" validate -json > "$work/validate.json" || { cat "$work/validate.json"; return 1; }
  for name in "${@:3}"; do
    cp "$work/example/tests/stand-in/$name" "$work/example/$name"
  done
  "$terraform" -chdir="$work/example" test -no-color
  rm -rf "$work/example"
}

# The examples need write-only arguments and mock providers.
if ! is_terraform_at_least "$terraform" 1 11; then
  log "SKIPPED: the examples with other providers need Terraform 1.11 or later, and $terraform is $(engine_version "$terraform")."
  exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/plugins"
(cd "$root" && go build -o "$work/plugins/terraform-provider-pc" .)
ln -s "$(build_tool tls github.com/hashicorp/terraform-provider-tls)" "$work/plugins/terraform-provider-tls"
has_azurerm=yes has_azapi=yes has_helm=yes
link_plugin azurerm ">= 5.0, < 6.0" || has_azurerm=no
link_plugin azapi ">= 2.11, < 3.0" || has_azapi=no
link_plugin helm ">= 3.0, < 4.0" || has_helm=no
{
  printf 'provider_installation {\n  dev_overrides {\n'
  for name in "$work"/plugins/*; do
    name=${name##*terraform-provider-}
    printf '    "%s/%s" = "%s"\n' "$(owner_of "$name")" "$name" "$work/plugins"
  done
  printf '  }\n  direct {}\n}\n'
} > "$work/cli.tfrc"
export TF_CLI_CONFIG_FILE=$work/cli.tfrc

check "$root/examples/own-compute/modules/dask" examples/own-compute/modules/dask
if [ $has_azurerm = no ]; then
  skipped+=("examples/own-compute, examples/azurerm-pairing and examples/geocatalog: AzureRM 5 is not in TERRAFORM_PLUGINS, $plugins or the registry, and could not be built")
else
  check "$root/examples/own-compute" examples/own-compute
  cp -R "$root/examples/azurerm-pairing" "$work/pairing"
  if [ $has_helm = no ]; then
    # Test everything except the chart.
    cp "$work/pairing/tests/stand-in/daskhub.tf" "$work/pairing/daskhub.tf"
    sed -i.bak '/^    helm = {/,/^    }/d' "$work/pairing/versions.tf"
    skipped+=("examples/azurerm-pairing/daskhub.tf: Helm 3 is not in TERRAFORM_PLUGINS, $plugins or the registry. The other files were tested")
  fi
  check "$work/pairing" examples/azurerm-pairing
  cp -R "$root/examples/geocatalog" "$work/geocatalog"
  if [ $has_azapi = no ]; then
    # Test everything except the GeoCatalog itself.
    cp "$work/geocatalog/tests/stand-in/catalog.tf" "$work/geocatalog/catalog.tf"
    sed -i.bak '/^    azapi = {/,/^    }/d' "$work/geocatalog/versions.tf"
    skipped+=("examples/geocatalog/catalog.tf: AzAPI 2.11 is not in TERRAFORM_PLUGINS, $plugins or the registry. The other files were tested")
  fi
  # Terraform has no mocks of ephemeral resources.
  check "$work/geocatalog" examples/geocatalog token.tf
fi
printf '\n'
for text in "${skipped[@]}"; do
  log "SKIPPED: $text."
done
