#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Writes CPU and heap profiles of the provider during a plan of 1,000 clusters.
# internal/testing/bench/cmd/profile lists the flags.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

unset_settings
folder=$(mktemp -d "${TMPDIR:-/tmp}/pc-profile-XXXXXX")
cd "$root"
go build -o "$folder/profile" ./internal/testing/bench/cmd/profile
"$folder/profile" -dir "$folder" "$@"
go tool pprof -top -nodecount 15 "$folder/profile" "$folder/cpu.pprof"
go tool pprof -top -nodecount 15 -sample_index alloc_space "$folder/profile" "$folder/heap.pprof"
log "" "The profiles are in $folder. To view them:" \
  "  go tool pprof -http localhost: $folder/profile $folder/cpu.pprof" \
  "  go tool pprof -http localhost: -sample_index alloc_space $folder/profile $folder/heap.pprof"
