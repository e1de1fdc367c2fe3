// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// readData reads a data source by the plugin protocol, which also tells paths
// and severities.
func (w wire) readData(t *testing.T, typeName string, config map[string]any) (map[string]tftypes.Value, []*tfprotov6.Diagnostic) {
	t.Helper()
	typ := w.schema.DataSourceSchemas[typeName].ValueType()
	resp, err := w.server.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: typeName, Config: w.value(t, typ, config)})
	if err != nil {
		t.Fatal(err)
	}
	if hasError(resp.Diagnostics) {
		return nil, resp.Diagnostics
	}
	return w.attributes(t, typ, resp.State), resp.Diagnostics
}
