// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// argument is a configurable argument of a schema, with the names that lead to it.
type argument struct {
	path []string
	typ  tftypes.Type
}

// argumentsOf returns all configurable arguments, nested ones included.
func argumentsOf(attributes []*tfprotov6.SchemaAttribute, prefix ...string) []argument {
	var found []argument
	for _, attribute := range attributes {
		if !attribute.Optional && !attribute.Required {
			continue
		}
		path := append(append([]string{}, prefix...), attribute.Name)
		found = append(found, argument{path, attribute.ValueType()})
		if attribute.NestedType != nil && attribute.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeSingle {
			found = append(found, argumentsOf(attribute.NestedType.Attributes, path...)...)
		}
	}
	return found
}

// config returns a configuration in which only this argument is set.
func (a argument) config(value any) map[string]any {
	for i := len(a.path) - 1; i > 0; i-- {
		value = map[string]any{a.path[i]: value}
	}
	return map[string]any{a.path[0]: value}
}

// schemaKind is one kind of blocks, with a function that validates a block and, if
// that finds nothing, plans or reads it.
type schemaKind struct {
	schemas map[string]*tfprotov6.Schema
	check   func(typeName string, config map[string]any) []*tfprotov6.Diagnostic
}

// schemaKinds returns all kinds of blocks that the provider has.
func schemaKinds(t *testing.T, client providertest.Client) map[string]schemaKind {
	t.Helper()
	actions := map[string]*tfprotov6.Schema{}
	for name, action := range client.Schema.ActionSchemas {
		actions[name] = action.Schema
	}
	return map[string]schemaKind{
		"resource": {client.Schema.ResourceSchemas, func(typeName string, config map[string]any) []*tfprotov6.Diagnostic {
			if found := client.Validate(t, typeName, config); len(found) > 0 {
				return found
			}
			none := providertest.Instance{State: client.Value(t, client.ResourceType(typeName), nil)}
			return client.Plan(t, typeName, none, config).Diagnostics
		}},
		"data source": {client.Schema.DataSourceSchemas, func(typeName string, config map[string]any) []*tfprotov6.Diagnostic {
			if found := client.ValidateData(t, typeName, config); len(found) > 0 {
				return found
			}
			_, found := client.ReadData(t, typeName, config)
			return found
		}},
		"ephemeral resource": {client.Schema.EphemeralResourceSchemas, func(typeName string, config map[string]any) []*tfprotov6.Diagnostic {
			if found := client.ValidateEphemeral(t, typeName, config); len(found) > 0 {
				return found
			}
			_, found := client.Open(t.Context(), t, typeName, config)
			return found
		}},
		"list resource": {client.Schema.ListResourceSchemas, func(typeName string, config map[string]any) []*tfprotov6.Diagnostic {
			return client.ValidateList(t, typeName, config)
		}},
		"action": {actions, func(typeName string, config map[string]any) []*tfprotov6.Diagnostic {
			if found := client.ValidateAction(t, typeName, config); len(found) > 0 {
				return found
			}
			return client.PlanAction(t, typeName, config)
		}},
		"provider": {map[string]*tfprotov6.Schema{"pc": client.Schema.Provider}, func(_ string, config map[string]any) []*tfprotov6.Diagnostic {
			return client.ValidateProvider(t, config)
		}},
	}
}

// A null member is reported on its argument, before anything is sent.
func TestDiagnostics_reportNullMembersOnTheArgument(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	checked := 0
	for kind, kindOfBlock := range schemaKinds(t, client) {
		for typeName, schema := range kindOfBlock.schemas {
			for _, argument := range argumentsOf(schema.Block.Attributes) {
				var value any
				switch {
				case argument.typ.Is(tftypes.Set{}), argument.typ.Is(tftypes.List{}):
					value = []any{nil}
				case argument.typ.Is(tftypes.Map{}):
					value = map[string]any{"member": nil}
				default:
					continue
				}
				checked++
				found := kindOfBlock.check(typeName, argument.config(value))
				providertest.AssertPresentable(t, found)
				isReported := false
				for _, d := range found {
					isReported = isReported || strings.HasPrefix(d.Attribute.String(), `AttributeName("`+argument.path[0]+`")`) && strings.Contains(d.Detail, "null")
				}
				if !isReported || len(found) > 1 && kind != "resource" {
					t.Errorf("%s %s: %v = %v: %v", kind, typeName, argument.path, value, found)
				}
			}
		}
	}
	if checked < 7 {
		t.Errorf("only %d arguments were checked", checked)
	}
}

// A fraction is reported on the member of a nested argument.
func TestDiagnostics_reportFractionsOfAllArguments(t *testing.T) {
	t.Parallel()
	w := providertest.StartClient(t, clock.Real())
	checked := 0
	for kind, kindOfBlock := range schemaKinds(t, w) {
		for typeName, schema := range kindOfBlock.schemas {
			for _, argument := range argumentsOf(schema.Block.Attributes) {
				isFraction := kind == "provider" && slices.Contains([]string{"cores", "memory"}, argument.path[len(argument.path)-1])
				if !argument.typ.Is(tftypes.Number) || isFraction {
					continue
				}
				checked++
				found := kindOfBlock.check(typeName, argument.config(1.5))
				providertest.AssertPresentable(t, found)
				want := `AttributeName("` + argument.path[0] + `")`
				for _, name := range argument.path[1:] {
					want += `.ElementKeyString("` + name + `")`
				}
				isReported := false
				for _, d := range found {
					isReported = isReported || d.Attribute.String() == want && strings.Contains(d.Detail, "whole number, not 1.5")
				}
				if !isReported {
					t.Errorf("%s %s: %v = 1.5 is not reported at %s: %v", kind, typeName, argument.path, want, found)
				}
			}
		}
	}
	if checked < 8 {
		t.Errorf("only %d arguments were checked", checked)
	}
}
