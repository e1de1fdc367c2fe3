// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package values

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// KindOf names the type of a value as Terraform's language does.
func KindOf(value attr.Value) string {
	switch value.(type) {
	case types.String:
		return "a string"
	case types.Bool:
		return "a bool"
	case types.Number, types.Int64, types.Float64:
		return "a number"
	case types.Tuple, types.List:
		return "a list"
	case types.Set:
		return "a set"
	default:
		return "an object"
	}
}
