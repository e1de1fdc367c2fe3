#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Runs the benchmarks and generates the guide "A thousand clusters":
#
#   bench.sh [flags]       on the built-in mock; internal/testing/bench/cmd/bench lists the flags
#   bench.sh real [flags]  on the real gateway, compared with the asynchronous Python client
#
# With -out FILE the results go to FILE, and the guide does not change. The exit
# code is 3 if a requirement is not met; the guide then says which one.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

if [ "$(uname)" != Linux ]; then
  log "make bench needs Linux, because it reads the resources of processes from the Linux kernel."
  exit 1
fi
results=mock flags=()
if [ "${1:-}" = real ]; then
  results=real flags=(-real)
  shift
fi
terraform=$(terraform_binary)
unset_settings
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o "$work/terraform-provider-pc" .
go build -o "$work/bench" ./internal/testing/bench/cmd/bench
go build -o "$work/measure" ./internal/testing/bench/cmd/measure
# Copied without the key in its name, because Terraform finds a provider by the name of the program.
cp "$(build_tool time github.com/hashicorp/terraform-provider-time)" "$work/terraform-provider-time"
code=0
"$work/bench" "${flags[@]}" -terraform "$terraform" -measure "$work/measure" -provider "$work/terraform-provider-pc" \
  -time "$work/terraform-provider-time" -out "internal/testing/bench/results/$results.json" "$@" || code=$?
if [ "$code" != 0 ] && [ "$code" != 3 ]; then
  exit "$code"
fi
case " $* " in
  *" -out"*) ;;
  *) internal/tools/docs.sh ;;
esac
exit "$code"
