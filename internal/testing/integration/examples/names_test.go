// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// withResourceMetadata is a resource or a list resource.
type withResourceMetadata interface {
	Metadata(ctx context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse)
}

func resourceName(t *testing.T, r withResourceMetadata) string {
	t.Helper()
	var metadata resource.MetadataResponse
	r.Metadata(t.Context(), resource.MetadataRequest{ProviderTypeName: "pc"}, &metadata)
	return metadata.TypeName
}

func dataSourceName(t *testing.T, d datasource.DataSource) string {
	t.Helper()
	var metadata datasource.MetadataResponse
	d.Metadata(t.Context(), datasource.MetadataRequest{ProviderTypeName: "pc"}, &metadata)
	return metadata.TypeName
}

func ephemeralName(t *testing.T, e ephemeral.EphemeralResource) string {
	t.Helper()
	var metadata ephemeral.MetadataResponse
	e.Metadata(t.Context(), ephemeral.MetadataRequest{ProviderTypeName: "pc"}, &metadata)
	return metadata.TypeName
}

func actionName(t *testing.T, a action.Action) string {
	t.Helper()
	var metadata action.MetadataResponse
	a.Metadata(t.Context(), action.MetadataRequest{ProviderTypeName: "pc"}, &metadata)
	return metadata.TypeName
}
