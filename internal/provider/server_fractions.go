// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// schemaSelector selects the schema of a configuration.
type schemaSelector func(*tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema

func resourceSchema(name string) schemaSelector {
	return func(all *tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema { return all.ResourceSchemas[name] }
}

func providerSchema(all *tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema { return all.Provider }

func actionSchema(name string) schemaSelector {
	return func(all *tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema {
		return all.ActionSchemas[name].Schema
	}
}

// locateFractions reports a fraction in a nested argument on the member that has it.
// The framework reports it on the argument around it (terraform-plugin-framework
// 1.19.0, internal/fwserver/attribute_validation.go).
func (s *server) locateFractions(ctx context.Context, diagnostics []*tfprotov6.Diagnostic, config *tfprotov6.DynamicValue, schemaOf schemaSelector) []*tfprotov6.Diagnostic {
	if config == nil || !slices.ContainsFunc(diagnostics, isFractionOfArgument) {
		return diagnostics
	}
	all, err := s.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil || schemaOf(all) == nil {
		return diagnostics
	}
	value, err := config.Unmarshal(schemaOf(all).ValueType())
	if err != nil {
		return diagnostics
	}
	var located []*tfprotov6.Diagnostic
	for _, d := range diagnostics {
		members := []*tftypes.AttributePath{d.Attribute}
		if isFractionOfArgument(d) {
			if found := fractionsBelow(value, d.Attribute, notWholeNumber().FindStringSubmatch(d.Detail)[1]); len(found) > 0 {
				members = found
			}
		}
		for _, member := range members {
			onMember := *d
			onMember.Attribute = member
			located = append(located, &onMember)
		}
	}
	return located
}

func isFractionOfArgument(d *tfprotov6.Diagnostic) bool {
	return len(d.Attribute.Steps()) == 1 && notWholeNumber().MatchString(d.Detail)
}

// fractionalMembers are the members of nested arguments that may be fractions. The
// protocol has one type for all numbers, so the schema does not show them.
var fractionalMembers = []string{"cores", "memory"}

// fractionsBelow returns the paths of the members of an argument that have this value.
func fractionsBelow(config tftypes.Value, argument *tftypes.AttributePath, text string) []*tftypes.AttributePath {
	found, _, err := tftypes.WalkAttributePath(config, argument)
	value, ok := found.(tftypes.Value)
	if err != nil || !ok || !value.Type().Is(tftypes.Object{}) || !value.IsKnown() || value.IsNull() {
		return nil
	}
	var members map[string]tftypes.Value
	if value.As(&members) != nil {
		return nil
	}
	var paths []*tftypes.AttributePath
	for _, name := range slices.Sorted(maps.Keys(members)) {
		member := members[name]
		var number big.Float
		if slices.Contains(fractionalMembers, name) || !member.Type().Is(tftypes.Number) || !member.IsKnown() || member.IsNull() || member.As(&number) != nil {
			continue
		}
		if !number.IsInt() && fmt.Sprintf("%v", &number) == text {
			paths = append(paths, argument.WithAttributeName(name))
		}
	}
	return paths
}
