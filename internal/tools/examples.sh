#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Runs terraform validate and terraform test on the examples that need more
# providers than ours. TLS' is built; AzureRM's and Helm's are looked for in
# TERRAFORM_PLUGINS, a folder of plugins, then in the cache, then in the
# registry; where that has none, AzureRM's is built as well, once, in ten minutes
# on two cores. Helm's has no Go module of its version. What cannot be had is
# said, and what needs it is skipped.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

terraform=$(terraform_binary)
forget_settings
export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1
plugins=$cache/plugins
mkdir -p "$plugins"
skipped=()

# has_language says whether the binary is a Terraform of at least 1.11, whose
# write-only arguments and mocks the examples need.
has_language() {
  ! is_opentofu "$terraform" && "$terraform" version -json |
    python3 -c 'import json, sys; sys.exit(tuple(map(int, json.load(sys.stdin)["terraform_version"].split("-")[0].split(".")[:2])) < (1, 11))'
}

# plugin NAME CONSTRAINT links a provider of HashiCorp's into $work/plugins, or fails.
plugin() {
  local name=$1 constraint=$2 binary folder
  binary=$(find ${TERRAFORM_PLUGINS:+"$TERRAFORM_PLUGINS"} "$plugins" -maxdepth 1 \( -name "terraform-provider-$name" -o -name "terraform-provider-${name}_*" \) | head -n 1)
  if [ -z "$binary" ]; then
    folder=$work/registry-$name
    mkdir "$folder"
    printf 'terraform {\n  required_providers {\n    %s = {\n      source  = "hashicorp/%s"\n      version = "%s"\n    }\n  }\n}\n' "$name" "$name" "$constraint" > "$folder/main.tf"
    if TF_CLI_CONFIG_FILE=/dev/null timeout 300 "$terraform" -chdir="$folder" init -no-color > "$folder/log" 2>&1; then
      binary=$(find "$folder/.terraform" -type f -name "terraform-provider-${name}_*")
      cp "$binary" "$plugins/terraform-provider-$name.$$"
      mv "$plugins/terraform-provider-$name.$$" "$plugins/terraform-provider-$name"
      binary=$plugins/terraform-provider-$name
    elif [ -f "$root/internal/tools/$name/go.mod" ]; then
      binary=$(tool "$name" "github.com/hashicorp/terraform-provider-$name")
      [ -x "$binary" ] || return 1
    else
      return 1
    fi
  fi
  ln -s "$binary" "$work/plugins/terraform-provider-$name"
}

# check FOLDER NAME validates and tests a copy of the example.
check() {
  printf '\n== %s\n' "$2"
  cp -R "$1" "$work/example"
  "$terraform" -chdir="$work/example" get -no-color > /dev/null
  "$terraform" -chdir="$work/example" validate -json > "$work/validate.json" || { cat "$work/validate.json"; return 1; }
  "$terraform" -chdir="$work/example" test -no-color
  rm -rf "$work/example"
}

if ! has_language; then
  say "SKIPPED: the examples with other providers need Terraform 1.11 or later, and $terraform is none."
  exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/plugins"
(cd "$root" && go build -o "$work/plugins/terraform-provider-pc" .)
ln -s "$(tool tls github.com/hashicorp/terraform-provider-tls)" "$work/plugins/terraform-provider-tls"
has_azurerm=yes has_helm=yes
plugin azurerm ">= 5.0, < 6.0" || has_azurerm=no
plugin helm ">= 3.0, < 4.0" || has_helm=no
{
  printf 'provider_installation {\n  dev_overrides {\n'
  for name in "$work"/plugins/*; do
    name=${name##*terraform-provider-}
    case $name in pc) owner=planetary-computer ;; *) owner=hashicorp ;; esac
    printf '    "%s/%s" = "%s"\n' "$owner" "$name" "$work/plugins"
  done
  printf '  }\n  direct {}\n}\n'
} > "$work/cli.tfrc"
export TF_CLI_CONFIG_FILE=$work/cli.tfrc

check "$root/examples/own-compute/modules/dask" examples/own-compute/modules/dask
if [ $has_azurerm = no ]; then
  skipped+=("examples/own-compute and examples/azurerm-pairing: no plugin of AzureRM 5 in TERRAFORM_PLUGINS, $plugins or the registry, and it could not be built")
else
  check "$root/examples/own-compute" examples/own-compute
  cp -R "$root/examples/azurerm-pairing" "$work/pairing"
  if [ $has_helm = no ]; then
    # All of it but the chart.
    cp "$work/pairing/tests/stand-in/daskhub.tf" "$work/pairing/daskhub.tf"
    sed -i.bak '/^    helm = {/,/^    }/d' "$work/pairing/versions.tf"
    skipped+=("examples/azurerm-pairing/daskhub.tf: no plugin of Helm 3 in TERRAFORM_PLUGINS, $plugins or the registry; the rest was tested")
  fi
  check "$work/pairing" examples/azurerm-pairing
fi
printf '\n'
for text in "${skipped[@]}"; do
  say "SKIPPED: $text."
done
