// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"math"
	"math/big"
)

// truthy is Python's bool().
func truthy(value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case bool:
		return value
	case int64:
		return value != 0
	case float64:
		return value != 0
	case string:
		return value != ""
	case []any:
		return len(value) > 0
	case object:
		return len(value) > 0
	default:
		return true
	}
}

// asInteger converts what isinstance(value, int) accepts in Python, booleans
// included.
func asInteger(value any) (*big.Int, bool) {
	switch value := value.(type) {
	case int64:
		return big.NewInt(value), true
	case *big.Int:
		return value, true
	case bool:
		if value {
			return big.NewInt(1), true
		}
		return new(big.Int), true
	default:
		return nil, false
	}
}

// clampToInt64 returns the number or the nearest int64.
func clampToInt64(number *big.Int) int64 {
	switch {
	case number.IsInt64():
		return number.Int64()
	case number.Sign() < 0:
		return math.MinInt64
	default:
		return math.MaxInt64
	}
}

// asFloat converts any number; in Python a bool is one.
func asFloat(value any) (float64, bool) {
	if number, ok := value.(float64); ok {
		return number, true
	}
	number, ok := asInteger(value)
	if !ok {
		return 0, false
	}
	float, _ := new(big.Float).SetInt(number).Float64()
	return float, true
}

// typeName returns the name of the value's type in Python.
func typeName(value any) string {
	switch value.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case []any:
		return "list"
	default:
		return "dict"
	}
}
