// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"fmt"
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
)

// wire speaks Terraform's plugin protocol with the provider, for what the
// terraform command does not show: paths and severities of diagnostics, and
// the features of newer Terraform versions.
type wire struct {
	server tfprotov6.ProviderServer
	schema *tfprotov6.GetProviderSchemaResponse
}

// startWire starts a provider that waits by the clock.
func startWire(t *testing.T, c clock.Clock, options ...provider.Option) wire {
	t.Helper()
	server, err := factoriesWith(append(options, provider.WithClock(c))...)["pc"]()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return wire{server: server, schema: schema}
}

// newWire starts a provider and configures it with the attributes given.
func newWire(t *testing.T, block map[string]any) wire {
	t.Helper()
	return newWireWith(t, clock.NewFake(clock.Real().Now()), block)
}

func newWireWith(t *testing.T, c clock.Clock, block map[string]any, options ...provider.Option) wire {
	t.Helper()
	w := startWire(t, c, options...)
	resp, err := w.server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0",
		Config:           w.value(t, w.schema.Provider.ValueType(), block),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		t.Fatalf("provider block: %s: %s", d.Summary, d.Detail)
	}
	return w
}

// value makes a Terraform value of the type from plain Go; attributes that are
// not named are null.
func (w wire) value(t *testing.T, typ tftypes.Type, plain map[string]any) *tfprotov6.DynamicValue {
	t.Helper()
	var value tftypes.Value
	if plain == nil {
		value = tftypes.NewValue(typ, nil)
	} else {
		value = toTerraform(typ, plain)
	}
	dynamic, err := tfprotov6.NewDynamicValue(typ, value)
	if err != nil {
		t.Fatal(err)
	}
	return &dynamic
}

// unknown stands for a value that is known only after apply.
type unknown struct{}

func toTerraform(typ tftypes.Type, plain any) tftypes.Value {
	switch plain := plain.(type) {
	case nil:
		return tftypes.NewValue(typ, nil)
	case unknown:
		return tftypes.NewValue(orText(typ), tftypes.UnknownValue)
	case map[string]any:
		return toObject(typ, plain)
	case []any:
		return toList(typ, plain)
	case int:
		return tftypes.NewValue(scalar(typ, tftypes.Number), big.NewFloat(float64(plain)))
	case float64:
		return tftypes.NewValue(scalar(typ, tftypes.Number), big.NewFloat(plain))
	case string:
		return tftypes.NewValue(scalar(typ, tftypes.String), plain)
	case bool:
		return tftypes.NewValue(scalar(typ, tftypes.Bool), plain)
	default:
		panic(fmt.Sprintf("no Terraform value for %v", plain))
	}
}

// toList makes a set where the schema wants one, else a tuple.
func toList(typ tftypes.Type, plain []any) tftypes.Value {
	set, isSet := typ.(tftypes.Set)
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

// scalar is the type of a value inside a dynamic attribute, which has none of
// its own.
func scalar(typ, own tftypes.Type) tftypes.Type {
	if typ == nil || typ.Is(tftypes.DynamicPseudoType) {
		return own
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

// instance is a resource as Terraform keeps it between two commands.
type instance struct {
	state    *tfprotov6.DynamicValue
	private  []byte
	identity *tfprotov6.ResourceIdentityData
}

func (w wire) resourceType(name string) tftypes.Type {
	return w.schema.ResourceSchemas[name].ValueType()
}

// none is a cluster that is not there yet.
func (w wire) none(t *testing.T) instance {
	t.Helper()
	return instance{state: w.value(t, w.resourceType("pc_dask_cluster"), nil)}
}

func (w wire) validate(t *testing.T, typeName string, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := w.server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: typeName,
		Config:   w.value(t, w.resourceType(typeName), config),
		// As Terraform 1.11 and later says.
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// plan plans the configuration over what there is. The proposed state is the
// configuration with the computed attributes of before and without the write-only
// ones, as Terraform makes it.
func (w wire) plan(t *testing.T, typeName string, before instance, config map[string]any) *tfprotov6.PlanResourceChangeResponse {
	t.Helper()
	typ := w.resourceType(typeName)
	resp, err := w.server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName:         typeName,
		PriorState:       before.state,
		ProposedNewState: w.proposed(t, typeName, before, config),
		Config:           w.value(t, typ, config),
		PriorPrivate:     before.private,
		PriorIdentity:    before.identity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func (w wire) proposed(t *testing.T, typeName string, before instance, config map[string]any) *tfprotov6.DynamicValue {
	t.Helper()
	typ := w.resourceType(typeName)
	if config == nil {
		return w.value(t, typ, nil)
	}
	merged := toTerraform(typ, config)
	had := w.attributes(t, typ, before.state)
	var values map[string]tftypes.Value
	if err := merged.As(&values); err != nil {
		t.Fatal(err)
	}
	for _, attribute := range w.schema.ResourceSchemas[typeName].Block.Attributes {
		if attribute.Computed && values[attribute.Name].IsNull() && had != nil {
			values[attribute.Name] = had[attribute.Name]
		}
		if attribute.WriteOnly {
			values[attribute.Name] = tftypes.NewValue(attribute.Type, nil)
		}
	}
	proposed, err := tfprotov6.NewDynamicValue(typ, tftypes.NewValue(typ, values))
	if err != nil {
		t.Fatal(err)
	}
	return &proposed
}

// attributes returns the top-level attributes of a state, nil when it is null.
func (w wire) attributes(t *testing.T, typ tftypes.Type, state *tfprotov6.DynamicValue) map[string]tftypes.Value {
	t.Helper()
	value, err := state.Unmarshal(typ)
	if err != nil {
		t.Fatal(err)
	}
	if value.IsNull() {
		return nil
	}
	var values map[string]tftypes.Value
	if err := value.As(&values); err != nil {
		t.Fatal(err)
	}
	return values
}

// text returns a string attribute of a state, "" for null.
func (w wire) text(t *testing.T, typeName string, state *tfprotov6.DynamicValue, attribute string) string {
	t.Helper()
	values := w.attributes(t, w.resourceType(typeName), state)
	if values == nil || values[attribute].IsNull() {
		return ""
	}
	var text string
	if err := values[attribute].As(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// apply plans and applies, without a deadline of its own: ctx may end it.
func (w wire) apply(ctx context.Context, t *testing.T, typeName string, before instance, config map[string]any) (instance, []*tfprotov6.Diagnostic) {
	t.Helper()
	typ := w.resourceType(typeName)
	plan := w.plan(t, typeName, before, config)
	if hasError(plan.Diagnostics) {
		return before, plan.Diagnostics
	}
	resp, err := w.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName:        typeName,
		PriorState:      before.state,
		PlannedState:    plan.PlannedState,
		Config:          w.value(t, typ, config),
		PlannedPrivate:  plan.PlannedPrivate,
		PlannedIdentity: plan.PlannedIdentity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return instance{state: resp.NewState, private: resp.Private, identity: resp.NewIdentity}, append(plan.Diagnostics, resp.Diagnostics...)
}

func (w wire) read(t *testing.T, typeName string, before instance) (instance, []*tfprotov6.Diagnostic) {
	t.Helper()
	resp, err := w.server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: typeName, CurrentState: before.state, Private: before.private, CurrentIdentity: before.identity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return instance{state: resp.NewState, private: resp.Private, identity: resp.NewIdentity}, resp.Diagnostics
}

// imported is what has this name as its identity, imported and read.
func (w wire) imported(t *testing.T, typeName, name string) instance {
	t.Helper()
	identities, err := w.server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := w.server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: typeName,
		Identity: &tfprotov6.ResourceIdentityData{IdentityData: w.value(t, identities.IdentitySchemas[typeName].ValueType(), map[string]any{"name": name})},
	})
	if err != nil {
		t.Fatal(err)
	}
	assertDiagnostics(t, resp.Diagnostics, wanted{})
	each := resp.ImportedResources[0]
	read, diagnostics := w.read(t, typeName, instance{state: each.State, private: each.Private, identity: each.Identity})
	assertDiagnostics(t, diagnostics, wanted{})
	return read
}

func hasError(diagnostics []*tfprotov6.Diagnostic) bool {
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return true
		}
	}
	return false
}
