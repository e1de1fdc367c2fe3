#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Simulates the histories of COUNT seeds from SEED on, in one process for each CPU,
# because the seeds of a process share its random numbers. Prints the schedule of each
# seed that breaks a promise.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

first=${SEED:-1} count=${COUNT:-10000} processes=$(nproc)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
go test -c -o "$work/simulation.test" ./internal/testing/simulation
began=$SECONDS pids=()
for ((i = 0; i < processes; i++)); do
  seeds=$(((count - i + processes - 1) / processes))
  [ "$seeds" -gt 0 ] || continue
  GOMAXPROCS=1 GOGC=${GOGC:-1600} "$work/simulation.test" -test.run '^TestSimulate$' -test.timeout 0 \
    -seed $((first + i)) -seeds "$seeds" -step "$processes" >"$work/$i.out" 2>&1 &
  pids+=($!)
done
failed=0
for i in "${!pids[@]}"; do
  wait "${pids[$i]}" || { failed=1 && cat "$work/$i.out"; }
done
[ "$failed" -eq 0 ] || exit 1
log "$count seeds from $first on keep the promises ($((SECONDS - began)) s)."
