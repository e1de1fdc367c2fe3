// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package values

import (
	"context"
	"encoding/json"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/optionreader"
)

// Unknown replaces a value that is known only after apply.
type Unknown = optionreader.Unknown

// ToGo converts a Terraform value of any type to the types of encoding/json:
// string, bool, json.Number, map[string]any, []any or nil. A null inside
// an object or a map is left out, because Terraform uses it for "not set". A value that
// contains an unknown value becomes Unknown as a whole.
func ToGo(value attr.Value) any {
	if value == nil || value.IsNull() {
		return nil
	}
	if value.IsUnknown() {
		return Unknown{}
	}
	switch v := value.(type) {
	case types.Dynamic:
		return ToGo(v.UnderlyingValue())
	case types.String:
		return v.ValueString()
	case types.Bool:
		return v.ValueBool()
	case types.Number:
		return goNumber(v.ValueBigFloat())
	case types.Object:
		return goMap(v.Attributes())
	case types.Map:
		return goMap(v.Elements())
	case types.Tuple:
		return goList(v.Elements())
	case types.List:
		return goList(v.Elements())
	case types.Set:
		return goList(v.Elements())
	default:
		return nil
	}
}

func goNumber(number *big.Float) json.Number {
	if number.IsInt() {
		return json.Number(number.Text('f', 0))
	}
	return json.Number(number.Text('g', -1))
}

// ToGoPartial is ToGo, except that only an unknown member itself becomes Unknown:
// the known members beside it are kept.
func ToGoPartial(value attr.Value) any {
	if value == nil || value.IsNull() || value.IsUnknown() {
		return ToGo(value)
	}
	switch v := value.(type) {
	case types.Dynamic:
		return ToGoPartial(v.UnderlyingValue())
	case types.Object:
		return partialMap(v.Attributes())
	case types.Map:
		return partialMap(v.Elements())
	case types.Tuple:
		return partialList(v.Elements())
	case types.List:
		return partialList(v.Elements())
	default:
		return ToGo(value)
	}
}

func partialMap(values map[string]attr.Value) any {
	converted := make(map[string]any, len(values))
	for name, value := range values {
		if member := ToGoPartial(value); member != nil {
			converted[name] = member
		}
	}
	return converted
}

func partialList(values []attr.Value) any {
	converted := make([]any, 0, len(values))
	for _, value := range values {
		converted = append(converted, ToGoPartial(value))
	}
	return converted
}

func goMap(values map[string]attr.Value) any {
	converted := make(map[string]any, len(values))
	for name, value := range values {
		member := ToGo(value)
		switch member.(type) {
		case nil:
			continue
		case Unknown:
			return Unknown{}
		}
		converted[name] = member
	}
	return converted
}

func goList(values []attr.Value) any {
	converted := make([]any, 0, len(values))
	for _, value := range values {
		element := ToGo(value)
		if _, unknown := element.(Unknown); unknown {
			return Unknown{}
		}
		converted = append(converted, element)
	}
	return converted
}

// FromObject converts a decoded JSON object to a dynamic value whose type
// follows its content.
func FromObject(ctx context.Context, values map[string]any) (types.Dynamic, diag.Diagnostics) {
	object, diags := attrValue(ctx, values, types.StringNull())
	return types.DynamicValue(object), diags
}

// ForConfiguration is FromObject for an argument that an import fills. Nulls have no
// type, as in a configuration, so that one with the same values changes nothing.
func ForConfiguration(ctx context.Context, values map[string]any) (types.Dynamic, diag.Diagnostics) {
	object, diags := attrValue(ctx, values, types.DynamicNull())
	return types.DynamicValue(object), diags
}

func attrValue(ctx context.Context, value any, null attr.Value) (attr.Value, diag.Diagnostics) {
	switch v := value.(type) {
	case string:
		return types.StringValue(v), nil
	case bool:
		return types.BoolValue(v), nil
	case json.Number:
		return FromNumber(v), nil
	case map[string]any:
		return attrObject(ctx, v, null)
	case []any:
		return attrTuple(ctx, v, null)
	default:
		return null, nil
	}
}

// FromNumber keeps every digit. Terraform's numbers have 512 bits, and a conversion to
// float64 would change 0.1, so that it differs from 0.1 in a configuration.
func FromNumber(number json.Number) attr.Value {
	parsed, _, err := big.ParseFloat(number.String(), 10, 512, big.ToNearestEven)
	if err != nil {
		return types.StringValue(number.String())
	}
	return types.NumberValue(parsed)
}

func attrObject(ctx context.Context, members map[string]any, null attr.Value) (attr.Value, diag.Diagnostics) {
	var diags diag.Diagnostics
	attributeTypes := make(map[string]attr.Type, len(members))
	values := make(map[string]attr.Value, len(members))
	for name, member := range members {
		value, memberDiags := attrValue(ctx, member, null)
		diags.Append(memberDiags...)
		attributeTypes[name], values[name] = value.Type(ctx), value
	}
	object, objectDiags := types.ObjectValue(attributeTypes, values)
	diags.Append(objectDiags...)
	return object, diags
}

func attrTuple(ctx context.Context, elements []any, null attr.Value) (attr.Value, diag.Diagnostics) {
	var diags diag.Diagnostics
	elementTypes := make([]attr.Type, 0, len(elements))
	values := make([]attr.Value, 0, len(elements))
	for _, element := range elements {
		value, elementDiags := attrValue(ctx, element, null)
		diags.Append(elementDiags...)
		elementTypes, values = append(elementTypes, value.Type(ctx)), append(values, value)
	}
	tuple, tupleDiags := types.TupleValue(elementTypes, values)
	diags.Append(tupleDiags...)
	return tuple, diags
}
