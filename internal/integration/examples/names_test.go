// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

func resourceName(t *testing.T, make func() resource.Resource) string {
	t.Helper()
	var metadata resource.MetadataResponse
	make().Metadata(t.Context(), resource.MetadataRequest{ProviderTypeName: "pc"}, &metadata)
	return metadata.TypeName
}

func dataSourceName(t *testing.T, make func() datasource.DataSource) string {
	t.Helper()
	var metadata datasource.MetadataResponse
	make().Metadata(t.Context(), datasource.MetadataRequest{ProviderTypeName: "pc"}, &metadata)
	return metadata.TypeName
}
