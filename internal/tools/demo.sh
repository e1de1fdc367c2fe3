#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Demonstrates the provider: plan, apply, resize, list, import, destroy.
#
#   demo.sh             on the built-in mock
#   demo.sh kubernetes  on the mock, which imitates a gateway with the Kubernetes backend
#   demo.sh real        on the real Dask Gateway and JupyterHub, with a Python client

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

servers=${1:-mock}

# The first call starts the servers. They set PC_ADDRESS or DASK_GATEWAY__ADDRESS
# and run this script a second time.
if [ -z "${PC_DEMO_INSIDE:-}" ]; then
  unset_settings
  export PC_DEMO_INSIDE=1
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cd "$root"
  if [ "$servers" = real ]; then
    go build -o "$work/servers" ./internal/testing/realservers/cmd/realservers
    "$work/servers" "$root/internal/tools/demo.sh" real
  else
    go build -o "$work/servers" ./internal/testing/mockserver/cmd/mockserver
    backend=()
    [ "$servers" != kubernetes ] || backend=(-kubernetes)
    "$work/servers" -quiet "${backend[@]}" "$root/internal/tools/demo.sh" "$servers"
  fi
  exit
fi

terraform=$(terraform_binary)
command=terraform registry=registry.terraform.io
if is_opentofu "$terraform"; then
  command=tofu registry=registry.opentofu.org
fi
work=$(mktemp -d)
bold='' plain=''
if [ -t 1 ]; then
  bold=$(tput bold 2>/dev/null || true)
  plain=$(tput sgr0 2>/dev/null || true)
fi

step() { printf '\n%s== %s%s\n' "$bold" "$1" "$plain"; shift; [ $# -eq 0 ] || printf '   %s\n' "$@"; }
run() { printf '\n%s$ %s %s%s\n' "$bold" "$command" "$*" "$plain"; "$terraform" "$@"; }
fail() { printf '\nThe demo failed: %s\n' "$*" >&2; exit 1; }

# Destroy all clusters, also after a failure.
finish() {
  local code=$?
  trap - EXIT
  if [ -f "$work/terraform.tfstate" ] && [ -n "$("$terraform" -chdir="$work" state list 2>/dev/null)" ]; then
    "$terraform" -chdir="$work" destroy -auto-approve -no-color || true
  fi
  rm -rf "$work"
  exit $code
}
trap finish EXIT

# plans SUMMARY ARGUMENTS runs terraform plan and fails if the plan has another
# summary.
plans() {
  local summary=$1
  shift
  run plan -no-color "$@" | tee plan.txt
  grep -qF "Plan: $summary." plan.txt || fail "the summary of the plan is not: $summary"
}

step "Build the provider and install it for terraform init" \
  "A filesystem mirror in a temporary folder replaces the registry."
version=0.1.0
mirror=$work/mirror/$registry/planetary-computer/pc/$version/$(go env GOOS)_$(go env GOARCH)
mkdir -p "$mirror"
(cd "$root" && go build -trimpath -ldflags "-X main.version=$version" -o "$mirror/terraform-provider-pc_v$version" .)
cat > "$work/cli.tfrc" <<CONFIG
provider_installation {
  filesystem_mirror {
    path = "$work/mirror"
  }
}
CONFIG
export TF_CLI_CONFIG_FILE=$work/cli.tfrc TF_IN_AUTOMATION=1 CHECKPOINT_DISABLE=1
cp "$root"/examples/demo/*.tf "$work/"
cd "$work"
run init -no-color

step "Plan a cluster with adaptive scaling, 1 to 100 workers" \
  "The provider block is empty: address and token come from the environment." \
  "The plan checks the cluster options against those that the gateway declares."
plans "1 to add, 0 to change, 0 to destroy" -out=create.plan

step "Apply it" "One POST creates the cluster. Terraform returns when it is running and one worker has joined."
run apply -no-color create.plan
name=$("$terraform" output -raw name)
run plan -no-color -detailed-exitcode || fail "the second plan is not empty"

step "Resize it in place, to 2 to 50 workers" "One more request changes the same cluster."
plans "0 to add, 1 to change, 0 to destroy" -var minimum=2 -var maximum=50 -out=resize.plan
run apply -no-color resize.plan
[ "$("$terraform" output -raw name)" = "$name" ] || fail "the resize created another cluster"

step "List the user's clusters, as gateway.list_clusters() does"
run output -no-color clusters
"$terraform" output -json clusters | grep -q "$name" || fail "the list does not contain the cluster"

if [ "$servers" = real ]; then
  step "Compute on it with Python" \
    "The client reads the cluster's name from Terraform's outputs, and address and token" \
    "from the environment, as the provider does. Its addresses equal those in the state."
  name=$name link=$("$terraform" output -raw dashboard_link) \
    scheduler=$("$terraform" output -raw scheduler_address) python - <<'PYTHON'
import os

import dask.array as da
from dask_gateway import Gateway

with Gateway() as gateway:
    cluster = gateway.connect(os.environ["name"])
    assert cluster.scheduler_address == os.environ["scheduler"], cluster.scheduler_address
    assert cluster.dashboard_link == os.environ["link"], cluster.dashboard_link
    client = cluster.get_client()
    client.wait_for_workers(2, timeout=120)
    total = int(da.arange(1_000_000, chunks=100_000).sum().compute())
    print(f"\n{len(client.scheduler_info()['workers'])} workers of {cluster.scheduler_address} computed the sum of 0 to 999,999: {total:,}")
    assert total == 499_999_500_000, total
PYTHON
fi

step "Delete the state and import the cluster by its name" \
  "This is how Terraform adopts a cluster from elsewhere. The plan does not replace it."
rm terraform.tfstate
rm -f terraform.tfstate.backup
run import -no-color -var minimum=2 -var maximum=50 pc_dask_cluster.ndvi "$name"
plans "0 to add, 1 to change, 0 to destroy" -var minimum=2 -var maximum=50 -out=import.plan
run apply -no-color import.plan

step "Destroy it" "Terraform returns when the gateway reports that the cluster has stopped."
run destroy -no-color -auto-approve
mkdir after
cp "$root/examples/demo/list/main.tf" after/
"$terraform" -chdir=after init -no-color >/dev/null
"$terraform" -chdir=after apply -no-color -auto-approve >/dev/null
left=$("$terraform" -chdir=after output -json names)
[ "$left" = "[]" ] || fail "the gateway still has clusters: $left"
step "Done. No cluster is left on the gateway."
