// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
)

// Client speaks Terraform's plugin protocol with the provider, for what the
// terraform command does not show: paths and severities of diagnostics, and
// the features of newer Terraform versions.
type Client struct {
	Server tfprotov6.ProviderServer
	Schema *tfprotov6.GetProviderSchemaResponse
}

// StartClient starts a provider that waits by the clock.
func StartClient(t *testing.T, c clock.Clock, options ...provider.Option) Client {
	t.Helper()
	server, err := FactoriesWith(append(options, provider.WithClock(c))...)["pc"]()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return Client{Server: server, Schema: schema}
}

// NewClient starts a provider and configures it with the attributes given.
func NewClient(t *testing.T, block map[string]any) Client {
	t.Helper()
	return NewClientWith(t, clock.NewFake(clock.Real().Now()), block)
}

// NewClientWith is NewClient with a clock and options of the provider.
func NewClientWith(t *testing.T, c clock.Clock, block map[string]any, options ...provider.Option) Client {
	t.Helper()
	w := StartClient(t, c, options...)
	resp, err := w.Server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0",
		Config:           w.Value(t, w.Schema.Provider.ValueType(), block),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		t.Fatalf("provider block: %s: %s", d.Summary, d.Detail)
	}
	return w
}

// Value makes a Terraform value of the type from plain Go; attributes that are
// not named are null.
func (w Client) Value(t *testing.T, typ tftypes.Type, plain map[string]any) *tfprotov6.DynamicValue {
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

// DynamicValue encodes a value, for example a state that an older version stored.
func DynamicValue(t *testing.T, typ tftypes.Type, value tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()
	dynamic, err := tfprotov6.NewDynamicValue(typ, value)
	if err != nil {
		t.Fatal(err)
	}
	return &dynamic
}

// Instance is a resource as Terraform keeps it between two commands.
type Instance struct {
	State    *tfprotov6.DynamicValue
	private  []byte
	identity *tfprotov6.ResourceIdentityData
}

// ResourceType returns the type of a resource's state.
func (w Client) ResourceType(name string) tftypes.Type {
	return w.Schema.ResourceSchemas[name].ValueType()
}

// None is a resource that is not there yet.
func (w Client) None(t *testing.T) Instance {
	t.Helper()
	return Instance{State: w.Value(t, w.ResourceType("pc_dask_cluster"), nil)}
}

// Validate validates the configuration of a resource.
func (w Client) Validate(t *testing.T, typeName string, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := w.Server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: typeName,
		Config:   w.Value(t, w.ResourceType(typeName), config),
		// As Terraform 1.11 and later says.
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// Plan plans the configuration over what there is. The proposed state is the
// configuration with the computed attributes of before and without the write-only
// ones, as Terraform makes it.
func (w Client) Plan(t *testing.T, typeName string, before Instance, config map[string]any) *tfprotov6.PlanResourceChangeResponse {
	t.Helper()
	typ := w.ResourceType(typeName)
	resp, err := w.Server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName:         typeName,
		PriorState:       before.State,
		ProposedNewState: w.proposed(t, typeName, before, config),
		Config:           w.Value(t, typ, config),
		PriorPrivate:     before.private,
		PriorIdentity:    before.identity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func (w Client) proposed(t *testing.T, typeName string, before Instance, config map[string]any) *tfprotov6.DynamicValue {
	t.Helper()
	typ := w.ResourceType(typeName)
	if config == nil {
		return w.Value(t, typ, nil)
	}
	merged := toTerraform(typ, config)
	had := w.Attributes(t, typ, before.State)
	var values map[string]tftypes.Value
	if err := merged.As(&values); err != nil {
		t.Fatal(err)
	}
	for _, attribute := range w.Schema.ResourceSchemas[typeName].Block.Attributes {
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

// Attributes returns the top-level attributes of a state, nil when it is null.
func (w Client) Attributes(t *testing.T, typ tftypes.Type, state *tfprotov6.DynamicValue) map[string]tftypes.Value {
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

// Text returns a string attribute of a state, "" for null.
func (w Client) Text(t *testing.T, typeName string, state *tfprotov6.DynamicValue, attribute string) string {
	t.Helper()
	values := w.Attributes(t, w.ResourceType(typeName), state)
	if values == nil || values[attribute].IsNull() {
		return ""
	}
	var text string
	if err := values[attribute].As(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// Apply plans and applies, without a deadline of its own: ctx may end it.
func (w Client) Apply(ctx context.Context, t *testing.T, typeName string, before Instance, config map[string]any) (Instance, []*tfprotov6.Diagnostic) {
	t.Helper()
	typ := w.ResourceType(typeName)
	plan := w.Plan(t, typeName, before, config)
	if HasError(plan.Diagnostics) {
		return before, plan.Diagnostics
	}
	resp, err := w.Server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName:        typeName,
		PriorState:      before.State,
		PlannedState:    plan.PlannedState,
		Config:          w.Value(t, typ, config),
		PlannedPrivate:  plan.PlannedPrivate,
		PlannedIdentity: plan.PlannedIdentity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return Instance{State: resp.NewState, private: resp.Private, identity: resp.NewIdentity}, append(plan.Diagnostics, resp.Diagnostics...)
}

// ApplyPlan applies a plan that another provider may have made, and returns the
// diagnostics.
func (w Client) ApplyPlan(t *testing.T, typeName string, before Instance, plan *tfprotov6.PlanResourceChangeResponse, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := w.Server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName:        typeName,
		PriorState:      before.State,
		PlannedState:    plan.PlannedState,
		Config:          w.Value(t, w.ResourceType(typeName), config),
		PlannedPrivate:  plan.PlannedPrivate,
		PlannedIdentity: plan.PlannedIdentity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

func (w Client) Read(t *testing.T, typeName string, before Instance) (Instance, []*tfprotov6.Diagnostic) {
	t.Helper()
	resp, err := w.Server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: typeName, CurrentState: before.State, Private: before.private, CurrentIdentity: before.identity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return Instance{State: resp.NewState, private: resp.Private, identity: resp.NewIdentity}, resp.Diagnostics
}

// Imported is what has this name as its identity, imported and read.
func (w Client) Imported(t *testing.T, typeName, name string) Instance {
	t.Helper()
	read, diagnostics := w.Read(t, typeName, w.Import(t, typeName, name))
	AssertDiagnostics(t, diagnostics, ExpectedDiagnostic{})
	return read
}

// Import is what has this name as its identity, imported and not read.
func (w Client) Import(t *testing.T, typeName, name string) Instance {
	t.Helper()
	identities, err := w.Server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := w.Server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: typeName,
		Identity: &tfprotov6.ResourceIdentityData{IdentityData: w.Value(t, identities.IdentitySchemas[typeName].ValueType(), map[string]any{"name": name})},
	})
	if err != nil {
		t.Fatal(err)
	}
	AssertDiagnostics(t, resp.Diagnostics, ExpectedDiagnostic{})
	each := resp.ImportedResources[0]
	return Instance{State: each.State, private: each.Private, identity: each.Identity}
}

// HasError reports whether one of the diagnostics is an error.
func HasError(diagnostics []*tfprotov6.Diagnostic) bool {
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return true
		}
	}
	return false
}
