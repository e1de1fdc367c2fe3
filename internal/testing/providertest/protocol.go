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

// StartClient starts a provider that uses the clock.
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

// NewClient starts a provider and configures it with these arguments.
func NewClient(t *testing.T, block map[string]any) Client {
	t.Helper()
	return NewClientWith(t, clock.NewFake(clock.Real().Now()), block)
}

// NewClientWith is NewClient with a clock and options of the provider.
func NewClientWith(t *testing.T, c clock.Clock, block map[string]any, options ...provider.Option) Client {
	t.Helper()
	client := StartClient(t, c, options...)
	resp, err := client.Server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0",
		Config:           client.Value(t, client.Schema.Provider.ValueType(), block),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		t.Fatalf("provider block: %s: %s", d.Summary, d.Detail)
	}
	return client
}

// Value converts plain Go to a Terraform value of the type. Attributes that are
// not set are null.
func (client Client) Value(t *testing.T, typ tftypes.Type, plain map[string]any) *tfprotov6.DynamicValue {
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

// Instance is a resource as Terraform stores it between two commands.
type Instance struct {
	State    *tfprotov6.DynamicValue
	private  []byte
	identity *tfprotov6.ResourceIdentityData
}

// ResourceType returns the type of a resource's state.
func (client Client) ResourceType(name string) tftypes.Type {
	return client.Schema.ResourceSchemas[name].ValueType()
}

// None is a cluster that does not exist yet.
func (client Client) None(t *testing.T) Instance {
	t.Helper()
	return Instance{State: client.Value(t, client.ResourceType("pc_dask_cluster"), nil)}
}

// Validate validates the configuration of a resource.
func (client Client) Validate(t *testing.T, typeName string, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := client.Server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: typeName,
		Config:   client.Value(t, client.ResourceType(typeName), config),
		// Terraform 1.11 and later set this.
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// Plan plans a change from the instance to the configuration. The proposed state is the
// configuration with the computed attributes of before and without the write-only
// ones, as in Terraform.
func (client Client) Plan(t *testing.T, typeName string, before Instance, config map[string]any) *tfprotov6.PlanResourceChangeResponse {
	t.Helper()
	typ := client.ResourceType(typeName)
	resp, err := client.Server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName:         typeName,
		PriorState:       before.State,
		ProposedNewState: client.proposed(t, typeName, before, config),
		Config:           client.Value(t, typ, config),
		PriorPrivate:     before.private,
		PriorIdentity:    before.identity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func (client Client) proposed(t *testing.T, typeName string, before Instance, config map[string]any) *tfprotov6.DynamicValue {
	t.Helper()
	typ := client.ResourceType(typeName)
	if config == nil {
		return client.Value(t, typ, nil)
	}
	merged := toTerraform(typ, config)
	had := client.Attributes(t, typ, before.State)
	var values map[string]tftypes.Value
	if err := merged.As(&values); err != nil {
		t.Fatal(err)
	}
	for _, attribute := range client.Schema.ResourceSchemas[typeName].Block.Attributes {
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
func (client Client) Attributes(t *testing.T, typ tftypes.Type, state *tfprotov6.DynamicValue) map[string]tftypes.Value {
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
func (client Client) Text(t *testing.T, typeName string, state *tfprotov6.DynamicValue, attribute string) string {
	t.Helper()
	values := client.Attributes(t, client.ResourceType(typeName), state)
	if values == nil || values[attribute].IsNull() {
		return ""
	}
	var text string
	if err := values[attribute].As(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// Apply plans and applies. Only ctx limits its time.
func (client Client) Apply(ctx context.Context, t *testing.T, typeName string, before Instance, config map[string]any) (Instance, []*tfprotov6.Diagnostic) {
	t.Helper()
	typ := client.ResourceType(typeName)
	plan := client.Plan(t, typeName, before, config)
	if HasError(plan.Diagnostics) {
		return before, plan.Diagnostics
	}
	resp, err := client.Server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName:        typeName,
		PriorState:      before.State,
		PlannedState:    plan.PlannedState,
		Config:          client.Value(t, typ, config),
		PlannedPrivate:  plan.PlannedPrivate,
		PlannedIdentity: plan.PlannedIdentity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return Instance{State: resp.NewState, private: resp.Private, identity: resp.NewIdentity}, append(plan.Diagnostics, resp.Diagnostics...)
}

// ApplyPlan applies a plan that another client may have made, and returns the
// diagnostics.
func (client Client) ApplyPlan(t *testing.T, typeName string, before Instance, plan *tfprotov6.PlanResourceChangeResponse, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := client.Server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName:        typeName,
		PriorState:      before.State,
		PlannedState:    plan.PlannedState,
		Config:          client.Value(t, client.ResourceType(typeName), config),
		PlannedPrivate:  plan.PlannedPrivate,
		PlannedIdentity: plan.PlannedIdentity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// Read refreshes an instance.
func (client Client) Read(t *testing.T, typeName string, before Instance) (Instance, []*tfprotov6.Diagnostic) {
	t.Helper()
	resp, err := client.Server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: typeName, CurrentState: before.State, Private: before.private, CurrentIdentity: before.identity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return Instance{State: resp.NewState, private: resp.Private, identity: resp.NewIdentity}, resp.Diagnostics
}

// Imported imports and refreshes the resource with this name as its identity.
func (client Client) Imported(t *testing.T, typeName, name string) Instance {
	t.Helper()
	read, diagnostics := client.Read(t, typeName, client.Import(t, typeName, name))
	AssertNoDiagnostics(t, diagnostics)
	return read
}

// Import imports the resource with this name as its identity, without a refresh.
func (client Client) Import(t *testing.T, typeName, name string) Instance {
	t.Helper()
	return client.ImportByIdentity(t, typeName, map[string]any{"name": name})
}

// ImportByIdentity imports the resource with this identity, without a refresh.
func (client Client) ImportByIdentity(t *testing.T, typeName string, identity map[string]any) Instance {
	t.Helper()
	identities, err := client.Server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: typeName,
		Identity: &tfprotov6.ResourceIdentityData{IdentityData: client.Value(t, identities.IdentitySchemas[typeName].ValueType(), identity)},
	})
	if err != nil {
		t.Fatal(err)
	}
	AssertNoDiagnostics(t, resp.Diagnostics)
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
