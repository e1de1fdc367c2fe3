// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package values converts between Terraform values and Go values, and checks
// arguments that several types have.
package values

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// StringOrNull returns null for the empty string.
func StringOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

// TimeOrNull returns null for the zero time, otherwise RFC 3339 in UTC.
func TimeOrNull(at time.Time) timetypes.RFC3339 {
	if at.IsZero() {
		return timetypes.NewRFC3339Null()
	}
	return timetypes.NewRFC3339TimeValue(at.UTC())
}

// JSON encodes a value for the private state or for comparison.
func JSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

type knowable interface {
	IsNull() bool
	IsUnknown() bool
}

// IsKnown reports whether a value is neither null nor unknown.
func IsKnown(value knowable) bool { return !value.IsNull() && !value.IsUnknown() }
