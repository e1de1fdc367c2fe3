#!/bin/sh
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Lists forgotten clusters and fails if there are any: janitor.sh [stop]. With "stop" it
# also stops them.
set -eu

found=$(terraform query -json -no-color) || {
  printf '%s\n' "$found"
  exit 1
}
printf '%s\n' "$found" | jq -r 'select(.type == "diagnostic") | .diagnostic.summary + ": " + .diagnostic.detail'
names=$(printf '%s\n' "$found" | jq -r 'select(.type == "list_resource_found") | .list_resource_found.identity.name')
if [ -z "$names" ]; then
  echo "No forgotten clusters."
  exit
fi
printf '%s\n' "$found" | jq -r 'select(.type == "list_resource_found") | .list_resource_found.display_name'
if [ "${1:-}" = stop ]; then
  stop=$(printf '%s\n' "$names" | jq -R . | jq -cs .)
  terraform apply -auto-approve -no-color -invoke=action.pc_dask_cluster_stop.forgotten -var "stop=$stop"
fi
exit 1
