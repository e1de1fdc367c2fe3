#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Writes CPU and heap profiles of a plan over 1,000 clusters, by the provider
# alone: profile.sh [flags], for which see internal/testing/bench/cmd/profile.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

forget_settings
folder=$(mktemp -d "${TMPDIR:-/tmp}/pc-profile-XXXXXX")
cd "$root"
go build -o "$folder/profile" ./internal/testing/bench/cmd/profile
"$folder/profile" -dir "$folder" "$@"
go tool pprof -top -nodecount 15 "$folder/profile" "$folder/cpu.pprof"
go tool pprof -top -nodecount 15 -sample_index alloc_space "$folder/profile" "$folder/heap.pprof"
say "" "The profiles are in $folder. Look at them with:" \
  "  go tool pprof -http localhost: $folder/profile $folder/cpu.pprof" \
  "  go tool pprof -http localhost: -sample_index alloc_space $folder/profile $folder/heap.pprof"
