// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"
)

// hasEphemeral is for tests with terraform itself: ephemeral resources came
// with 1.10.
var hasEphemeral = []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_10_0)}

// echo is where a test sees ephemeral values: a provider of the test framework
// that puts what its block is given into the state.
const echo = "echo.test"

func echoed(name string) string {
	return "provider \"echo\" {\n  data = ephemeral." + name + "\n}\nresource \"echo\" \"test\" {}\n"
}

func echoedAt(attribute string) tfjsonpath.Path { return tfjsonpath.New("data").AtMapKey(attribute) }

func factoriesWithEcho(m *mock) map[string]func() (tfprotov6.ProviderServer, error) {
	all := factories(m)
	all["echo"] = echoprovider.NewProviderServer()
	return all
}

// lease is an ephemeral resource that has been opened.
type lease struct {
	typeName string
	values   map[string]tftypes.Value
	private  []byte
	renewAt  time.Time
}

func (w wire) ephemeralType(name string) tftypes.Type {
	return w.schema.EphemeralResourceSchemas[name].ValueType()
}

func (w wire) open(ctx context.Context, t *testing.T, typeName string, config map[string]any) (lease, []*tfprotov6.Diagnostic) {
	t.Helper()
	resp, err := w.server.OpenEphemeralResource(ctx, &tfprotov6.OpenEphemeralResourceRequest{
		TypeName: typeName, Config: w.value(t, w.ephemeralType(typeName), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	opened := lease{typeName: typeName, private: resp.Private, renewAt: resp.RenewAt}
	if !hasError(resp.Diagnostics) {
		opened.values = w.attributes(t, w.ephemeralType(typeName), resp.Result)
	}
	return opened, resp.Diagnostics
}

// text returns a string of the result, "" for null and "?" for unknown.
func (l lease) text(t *testing.T, attribute string) string {
	t.Helper()
	value := l.values[attribute]
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

func (w wire) renew(t *testing.T, l lease) (time.Time, []*tfprotov6.Diagnostic) {
	t.Helper()
	resp, err := w.server.RenewEphemeralResource(t.Context(), &tfprotov6.RenewEphemeralResourceRequest{TypeName: l.typeName, Private: l.private})
	if err != nil {
		t.Fatal(err)
	}
	return resp.RenewAt, resp.Diagnostics
}

func (w wire) close(t *testing.T, l lease) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := w.server.CloseEphemeralResource(t.Context(), &tfprotov6.CloseEphemeralResourceRequest{TypeName: l.typeName, Private: l.private})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

func (w wire) validateEphemeral(t *testing.T, typeName string, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := w.server.ValidateEphemeralResourceConfig(t.Context(), &tfprotov6.ValidateEphemeralResourceConfigRequest{
		TypeName: typeName, Config: w.value(t, w.ephemeralType(typeName), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}
