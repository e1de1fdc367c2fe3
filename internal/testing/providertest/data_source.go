// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// ReadData reads a data source through the plugin protocol, which also has the paths
// and severities of diagnostics.
func (client Client) ReadData(t *testing.T, typeName string, config map[string]any) (map[string]tftypes.Value, []*tfprotov6.Diagnostic) {
	t.Helper()
	typ := client.Schema.DataSourceSchemas[typeName].ValueType()
	resp, err := client.Server.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: typeName, Config: client.Value(t, typ, config)})
	if err != nil {
		t.Fatal(err)
	}
	if HasError(resp.Diagnostics) {
		return nil, resp.Diagnostics
	}
	return client.Attributes(t, typ, resp.State), resp.Diagnostics
}

// ValidateData validates the configuration of a data source.
func (client Client) ValidateData(t *testing.T, typeName string, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := client.Server.ValidateDataResourceConfig(t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{
		TypeName: typeName, Config: client.Value(t, client.Schema.DataSourceSchemas[typeName].ValueType(), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// ValidateProvider validates the provider block.
func (client Client) ValidateProvider(t *testing.T, block map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := client.Server.ValidateProviderConfig(t.Context(), &tfprotov6.ValidateProviderConfigRequest{
		Config: client.Value(t, client.Schema.Provider.ValueType(), block),
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}
