// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Unknown is a value that is known only after apply.
type Unknown struct{}

// ToTerraform converts plain Go to a Terraform value of the type that a literal in the
// configuration has.
func ToTerraform(plain any) tftypes.Value { return toTerraform(nil, plain) }

func toTerraform(typ tftypes.Type, plain any) tftypes.Value {
	switch plain := plain.(type) {
	case nil:
		if typ == nil {
			typ = tftypes.DynamicPseudoType
		}
		return tftypes.NewValue(typ, nil)
	case Unknown, Later:
		return tftypes.NewValue(orText(typ), tftypes.UnknownValue)
	case map[string]any:
		return toObject(typ, plain)
	case []any:
		return toList(typ, plain)
	case int:
		return tftypes.NewValue(scalar(typ, tftypes.Number), big.NewFloat(float64(plain)))
	case float64:
		return tftypes.NewValue(scalar(typ, tftypes.Number), big.NewFloat(plain))
	case *big.Float:
		return tftypes.NewValue(scalar(typ, tftypes.Number), plain)
	case string:
		return tftypes.NewValue(scalar(typ, tftypes.String), plain)
	case bool:
		return tftypes.NewValue(scalar(typ, tftypes.Bool), plain)
	default:
		panic(fmt.Sprintf("no Terraform value for %v", plain))
	}
}

// toList returns a set or a list if the schema has one, otherwise a tuple.
func toList(typ tftypes.Type, plain []any) tftypes.Value {
	set, isSet := typ.(tftypes.Set)
	if list, isList := typ.(tftypes.List); isList {
		elements := make([]tftypes.Value, 0, len(plain))
		for _, each := range plain {
			elements = append(elements, toTerraform(list.ElementType, each))
		}
		return tftypes.NewValue(list, elements)
	}
	elements := make([]tftypes.Value, 0, len(plain))
	types := make([]tftypes.Type, 0, len(plain))
	for _, each := range plain {
		element := toTerraform(set.ElementType, each)
		elements, types = append(elements, element), append(types, element.Type())
	}
	if isSet {
		return tftypes.NewValue(set, elements)
	}
	return tftypes.NewValue(tftypes.Tuple{ElementTypes: types}, elements)
}

func orText(typ tftypes.Type) tftypes.Type {
	if typ == nil {
		return tftypes.String
	}
	return typ
}

// scalar returns the type of the schema, or inside a dynamic attribute the type of the
// value itself.
func scalar(typ, valueType tftypes.Type) tftypes.Type {
	if typ == nil || typ.Is(tftypes.DynamicPseudoType) {
		return valueType
	}
	return typ
}

func toObject(typ tftypes.Type, plain map[string]any) tftypes.Value {
	object, ok := typ.(tftypes.Object)
	values := map[string]tftypes.Value{}
	if !ok {
		types := map[string]tftypes.Type{}
		for name, each := range plain {
			values[name] = toTerraform(nil, each)
			types[name] = values[name].Type()
		}
		return tftypes.NewValue(tftypes.Object{AttributeTypes: types}, values)
	}
	for name, attribute := range object.AttributeTypes {
		values[name] = toTerraform(attribute, plain[name])
	}
	return tftypes.NewValue(object, values)
}
