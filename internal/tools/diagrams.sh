#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Draws internal/tools/diagrams/*.d2 as docs/images/*.svg. The same text gives the
# same bytes, so make docs-check finds a diagram that is not up to date.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

diagrams=$(build_tool diagrams github.com/planetary-computer/terraform-provider-pc/internal/tools/diagrams)
cd "$root"
mkdir -p docs/images
for source in internal/tools/diagrams/*.d2; do
  name=$(basename "$source" .d2)
  "$diagrams" < "$source" > "docs/images/$name.svg"
done
