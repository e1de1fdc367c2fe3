// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package values

import (
	"maps"
	"math/big"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ValidateNumbers reports each number, at any depth, that changes on the way
// to a server and back. Terraform finds the line of a member of a dynamic attribute
// by its map key.
func ValidateNumbers(value attr.Value, at path.Path, diags *diag.Diagnostics) {
	if value == nil || value.IsNull() || value.IsUnknown() {
		return
	}
	switch v := value.(type) {
	case types.Dynamic:
		ValidateNumbers(v.UnderlyingValue(), at, diags)
	case types.Object:
		validateMembers(v.Attributes(), at, diags)
	case types.Map:
		validateMembers(v.Elements(), at, diags)
	case types.Tuple:
		validateElements(v.Elements(), at, diags)
	case types.List:
		validateElements(v.Elements(), at, diags)
	case types.Set:
		// An element of a set has no name.
		for _, element := range v.Elements() {
			ValidateNumbers(element, at, diags)
		}
	case types.Number:
		validateNumber(v.ValueBigFloat(), at, diags)
	}
}

func validateMembers(members map[string]attr.Value, at path.Path, diags *diag.Diagnostics) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		ValidateNumbers(members[name], at.AtMapKey(name), diags)
	}
}

func validateElements(elements []attr.Value, at path.Path, diags *diag.Diagnostics) {
	for i, element := range elements {
		ValidateNumbers(element, at.AtListIndex(i), diags)
	}
}

func validateNumber(number *big.Float, at path.Path, diags *diag.Diagnostics) {
	converted, accuracy := number.Float64()
	switch {
	case !number.IsInf() && new(big.Float).SetMantExp(big.NewFloat(1), 1024).Cmp(new(big.Float).Abs(number)) <= 0:
		diags.AddAttributeError(at, "Number out of range",
			"The server converts numbers to 64-bit floats, which end near 1.8e308, and would return another value.")
	case accuracy == big.Exact && !number.IsInt() && !isShortDecimal(number, converted):
		diags.AddAttributeError(at, "Number has too many digits",
			"Terraform cannot compare a fraction with more than 17 significant digits in a dynamic value. Round it, for example with floor(VALUE * 1000) / 1000 or tonumber(format(\"%.3f\", VALUE)).")
	case number.IsInt() && mayBeShortened(number):
		diags.AddAttributeError(at, "Number has too many digits",
			"Terraform cannot compare a calculated whole number of this size, such as pow(10, 30), in a dynamic value. Use a number below 9223372036854775808.")
	}
}

// mayBeShortened reports whether a whole number may be the shortened decimal of a
// number that Terraform has stored with fewer bits than it decodes decimals with, such
// as a result of pow(), which has 53. Beyond int64, Terraform sends the shortest decimal
// that is rounded to the stored number, and then compares the response with the stored
// number itself (go-cty 1.20.0, cty/msgpack/marshal.go).
func mayBeShortened(number *big.Float) bool {
	if _, accuracy := number.Int64(); accuracy == big.Exact {
		return false
	}
	const bitsOfFloat64 = 53
	decimal := number.Text('f', -1)
	for bits := uint(bitsOfFloat64); bits < number.MinPrec(); bits++ {
		stored := new(big.Float).SetPrec(bits).Set(number)
		if stored.Cmp(number) != 0 && stored.Text('f', -1) == decimal {
			return true
		}
	}
	return false
}

// isShortDecimal reports whether a number equals the shortest decimal that is rounded
// to its float. Terraform decodes a float that the provider returns as this
// decimal (cty's NumberFloatVal), and would see a difference from the
// configuration.
func isShortDecimal(number *big.Float, converted float64) bool {
	decimal, _, err := big.ParseFloat(strconv.FormatFloat(converted, 'f', -1, 64), 10, 512, big.ToNearestEven)
	return err == nil && decimal.Cmp(number) == 0
}
