// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"
)

// NeedsEphemeralResources skips tests on engines without ephemeral resources, which came
// with Terraform 1.10 and OpenTofu 1.11.
var NeedsEphemeralResources = needsEphemeralResources()

func needsEphemeralResources() []tfversion.TerraformVersionCheck {
	first := tfversion.Version1_10_0
	// internal/tools/test.sh sets this variable for OpenTofu.
	if os.Getenv("TF_ACC_PROVIDER_HOST") == "registry.opentofu.org" {
		first = tfversion.Version1_11_0
	}
	return []tfversion.TerraformVersionCheck{tfversion.SkipBelow(first)}
}

// EchoAddress is the address of a resource that shows ephemeral values. Its provider,
// from the test framework, stores the argument of its block in the state.
const EchoAddress = "echo.test"

// EchoConfig returns the configuration of an echo provider for an ephemeral value.
func EchoConfig(name string) string {
	return "provider \"echo\" {\n  data = ephemeral." + name + "\n}\nresource \"echo\" \"test\" {}\n"
}

// EchoPath returns the path of an attribute of the ephemeral value in the echo state.
func EchoPath(attribute string) tfjsonpath.Path { return tfjsonpath.New("data").AtMapKey(attribute) }

// FactoriesWithEcho is Factories with the echo provider added.
func FactoriesWithEcho(m *Mock) map[string]func() (tfprotov6.ProviderServer, error) {
	all := Factories(m)
	all["echo"] = echoprovider.NewProviderServer()
	return all
}

// OpenedEphemeral is an ephemeral resource that has been opened.
type OpenedEphemeral struct {
	typeName string
	Values   map[string]tftypes.Value
	Private  []byte
	RenewAt  time.Time
}

func (client Client) ephemeralType(name string) tftypes.Type {
	return client.Schema.EphemeralResourceSchemas[name].ValueType()
}

// Open opens an ephemeral resource.
func (client Client) Open(ctx context.Context, t *testing.T, typeName string, config map[string]any) (OpenedEphemeral, []*tfprotov6.Diagnostic) {
	t.Helper()
	resp, err := client.Server.OpenEphemeralResource(ctx, &tfprotov6.OpenEphemeralResourceRequest{
		TypeName: typeName, Config: client.Value(t, client.ephemeralType(typeName), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	opened := OpenedEphemeral{typeName: typeName, Private: resp.Private, RenewAt: resp.RenewAt}
	if !HasError(resp.Diagnostics) {
		opened.Values = client.Attributes(t, client.ephemeralType(typeName), resp.Result)
	}
	return opened, resp.Diagnostics
}

// Text returns a string of the result, "" for null and "?" for unknown.
func (o OpenedEphemeral) Text(t *testing.T, attribute string) string {
	t.Helper()
	value := o.Values[attribute]
	if value.IsNull() {
		return ""
	}
	if !value.IsKnown() {
		return "?"
	}
	var text string
	if err := value.As(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// Renew renews an ephemeral resource, and returns when Terraform renews it next.
func (client Client) Renew(t *testing.T, opened OpenedEphemeral) (time.Time, []*tfprotov6.Diagnostic) {
	t.Helper()
	renewed, diagnostics := client.Renewed(t, opened)
	return renewed.RenewAt, diagnostics
}

// Renewed renews an ephemeral resource, and returns what Terraform passes to the next
// renewal and to Close.
func (client Client) Renewed(t *testing.T, opened OpenedEphemeral) (OpenedEphemeral, []*tfprotov6.Diagnostic) {
	t.Helper()
	resp, err := client.Server.RenewEphemeralResource(t.Context(), &tfprotov6.RenewEphemeralResourceRequest{TypeName: opened.typeName, Private: opened.Private})
	if err != nil {
		t.Fatal(err)
	}
	opened.Private, opened.RenewAt = resp.Private, resp.RenewAt
	return opened, resp.Diagnostics
}

// Close closes an ephemeral resource.
func (client Client) Close(t *testing.T, opened OpenedEphemeral) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := client.Server.CloseEphemeralResource(t.Context(), &tfprotov6.CloseEphemeralResourceRequest{TypeName: opened.typeName, Private: opened.Private})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// ValidateEphemeral validates the configuration of an ephemeral resource.
func (client Client) ValidateEphemeral(t *testing.T, typeName string, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := client.Server.ValidateEphemeralResourceConfig(t.Context(), &tfprotov6.ValidateEphemeralResourceConfigRequest{
		TypeName: typeName, Config: client.Value(t, client.ephemeralType(typeName), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}
