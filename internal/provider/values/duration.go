// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package values

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// CheckTimeout reports a timeout argument that is not positive. The type of the
// argument has checked its form.
func CheckTimeout(timeout timetypes.GoDuration, diags *diag.Diagnostics) {
	if !IsKnown(timeout) {
		return
	}
	if duration, problems := timeout.ValueGoDuration(); !problems.HasError() && duration <= 0 {
		diags.AddAttributeError(path.Root("timeout"), "Timeout must be positive",
			fmt.Sprintf("timeout is %q. Write a duration such as \"90s\" or \"20m\", or omit it for the default.", timeout.ValueString()))
	}
}

// TimeoutOrDefault returns a checked timeout, or the default for null.
func TimeoutOrDefault(timeout timetypes.GoDuration, otherwise time.Duration) time.Duration {
	if !IsKnown(timeout) {
		return otherwise
	}
	duration, problems := timeout.ValueGoDuration()
	if problems.HasError() {
		return otherwise
	}
	return duration
}
