// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// ReadData reads a data source by the plugin protocol, which also has the paths
// and severities of diagnostics.
func (w Client) ReadData(t *testing.T, typeName string, config map[string]any) (map[string]tftypes.Value, []*tfprotov6.Diagnostic) {
	t.Helper()
	typ := w.Schema.DataSourceSchemas[typeName].ValueType()
	resp, err := w.Server.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: typeName, Config: w.Value(t, typ, config)})
	if err != nil {
		t.Fatal(err)
	}
	if HasError(resp.Diagnostics) {
		return nil, resp.Diagnostics
	}
	return w.Attributes(t, typ, resp.State), resp.Diagnostics
}

// ValidateData validates the configuration of a data source.
func (w Client) ValidateData(t *testing.T, typeName string, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := w.Server.ValidateDataResourceConfig(t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{
		TypeName: typeName, Config: w.Value(t, w.Schema.DataSourceSchemas[typeName].ValueType(), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// ValidateProvider validates the provider block.
func (w Client) ValidateProvider(t *testing.T, block map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := w.Server.ValidateProviderConfig(t.Context(), &tfprotov6.ValidateProviderConfigRequest{
		Config: w.Value(t, w.Schema.Provider.ValueType(), block),
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}
