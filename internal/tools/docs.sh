#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Generates docs/ from the schemas, templates/, examples/, the table of
# settings, the table of faults, the benchmark results and the diagrams. docs.sh check fails if docs/ was not up to date. The
# schemas come from the provider in this tree. Nothing is downloaded.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

terraform=$(terraform_binary)
generator=$(build_tool docs github.com/hashicorp/terraform-plugin-docs/cmd/tfplugindocs)
chart=$(build_tool chart github.com/planetary-computer/terraform-provider-pc/internal/tools/chart)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
mkdir "$work/before"
cp -R docs templates "$work/before"
go run ./internal/tools/promises > templates/guides/what-this-provider-promises.md.tmpl
go run ./internal/tools/settings > templates/guides/configuration.md.tmpl
go run ./internal/tools/measurements > templates/guides/a-thousand-clusters.md.tmpl
mkdir -p docs/images
internal/tools/diagrams.sh
"$chart" < internal/testing/bench/results/mock.json > docs/images/a-thousand-clusters.svg
go build -o "$work/terraform-provider-pc" .
cat > "$work/cli.tfrc" <<CONFIG
provider_installation {
  dev_overrides {
    "registry.terraform.io/planetary-computer/pc" = "$work"
  }
  direct {}
}
CONFIG
cat > "$work/main.tf" <<CONFIG
terraform {
  required_providers {
    pc = {
      source = "registry.terraform.io/planetary-computer/pc"
    }
  }
}
CONFIG
export TF_CLI_CONFIG_FILE=$work/cli.tfrc CHECKPOINT_DISABLE=1
(cd "$work" && "$terraform" providers schema -json > terraform.json)
go run ./internal/tools/schema < "$work/terraform.json" > "$work/schema.json"
"$terraform" fmt -recursive examples >&2
"$generator" generate --provider-name pc --rendered-provider-name "Planetary Computer" --providers-schema "$work/schema.json"
"$generator" validate --provider-name pc --providers-schema "$work/schema.json"
if [ "${1:-}" = check ] && ! { diff -ru "$work/before/docs" docs && diff -ru "$work/before/templates" templates; }; then
  log "docs/ or templates/ was not up to date and has been regenerated. Commit it together with the change that caused it."
  exit 1
fi
