#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Measures the provider and writes the guide "A thousand clusters" anew:
#
#   bench.sh [flags]       on the built-in mock; for the flags see internal/testing/bench/cmd/bench
#   bench.sh real [flags]  on the real gateway, beside the asynchronous Python client
#
# With -out FILE the results go there, and the guide stays as it is. Where something
# that must hold does not, the guide says so, and the exit code is 3.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

if [ "$(uname)" != Linux ]; then
  say "What a process takes is read as Linux says it: make bench needs Linux."
  exit 1
fi
results=mock flags=()
if [ "${1:-}" = real ]; then
  results=real flags=(-real)
  shift
fi
terraform=$(terraform_binary)
forget_settings
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o "$work/terraform-provider-pc" .
go build -o "$work/bench" ./internal/testing/bench/cmd/bench
go build -o "$work/measure" ./internal/testing/bench/cmd/measure
# Without the key of the cache: terraform looks for a provider by the program's name.
cp "$(tool time github.com/hashicorp/terraform-provider-time)" "$work/terraform-provider-time"
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
