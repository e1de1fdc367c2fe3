// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package values

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// timeoutsBlock is a timeouts block. terraform-plugin-framework-timeouts has a
// separate type for each kind.
type timeoutsBlock interface {
	knowable
	Attributes() map[string]attr.Value
}

// ValidateTimeouts adds to the block's own check, which accepts "0s" and "-1m".
func ValidateTimeouts(block timeoutsBlock, diags *diag.Diagnostics) {
	if block.IsNull() || block.IsUnknown() {
		return
	}
	for name, attribute := range block.Attributes() {
		text, ok := attribute.(types.String)
		if !ok || !IsKnown(text) {
			continue
		}
		if duration, err := time.ParseDuration(text.ValueString()); err == nil && duration <= 0 {
			diags.AddAttributeError(path.Root("timeouts").AtName(name), "Timeout must be positive",
				fmt.Sprintf("%q is not a positive duration. Set a duration such as \"90s\" or \"20m\", or remove the argument for the default.", text.ValueString()))
		}
	}
}
