// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package values

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Duration returns the duration of an argument. It returns false if the argument is
// null, unknown or not a duration, which the type of the argument reports.
func Duration(value timetypes.GoDuration) (time.Duration, bool) {
	if !IsKnown(value) {
		return 0, false
	}
	duration, problems := value.ValueGoDuration()
	return duration, !problems.HasError()
}

// DurationOr returns the duration of an argument, or the default if it is not set.
func DurationOr(value timetypes.GoDuration, defaultDuration time.Duration) time.Duration {
	if duration, ok := Duration(value); ok {
		return duration
	}
	return defaultDuration
}

// timeoutsBlock is a timeouts block of any kind. terraform-plugin-framework-timeouts has a
// separate type for each kind.
type timeoutsBlock interface {
	knowable
	Attributes() map[string]attr.Value
}

// ValidateTimeouts adds to the block's own check, which accepts "0s" and "-1m".
func ValidateTimeouts(block timeoutsBlock, diags *diag.Diagnostics) {
	if !IsKnown(block) {
		return
	}
	for name, attribute := range block.Attributes() {
		if text, ok := attribute.(types.String); ok && IsKnown(text) {
			validateTimeout(text, path.Root("timeouts").AtName(name), diags)
		}
	}
}

// ValidateTimeout reports an argument timeout that is not positive.
func ValidateTimeout(timeout timetypes.GoDuration, diags *diag.Diagnostics) {
	validateTimeout(timeout.StringValue, path.Root("timeout"), diags)
}

func validateTimeout(text types.String, at path.Path, diags *diag.Diagnostics) {
	if duration, err := time.ParseDuration(text.ValueString()); err == nil && duration <= 0 {
		diags.AddAttributeError(at, "Timeout must be positive",
			fmt.Sprintf("%s = %q is not a positive duration. Set a duration such as \"90s\" or \"20m\", or remove the argument for the default.", at, text.ValueString()))
	}
}
