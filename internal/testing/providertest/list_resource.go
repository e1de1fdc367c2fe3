// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Listed is one result of a list resource. A result that only carries diagnostics
// has no identity.
type Listed struct {
	DisplayName string
	Identity    map[string]tftypes.Value
	Resource    map[string]tftypes.Value
	Diagnostics []*tfprotov6.Diagnostic
}

// ListQuery is a list block.
type ListQuery struct {
	Config          map[string]any
	Limit           int64
	IncludeResource bool
}

// List reads a list resource as terraform query does: it stops at the limit. A limit
// of 0 is Terraform's default of 100.
func (client Client) List(ctx context.Context, t *testing.T, typeName string, query ListQuery) []Listed {
	t.Helper()
	server, ok := client.Server.(tfprotov6.ListResourceServer)
	if !ok {
		t.Fatal("the provider has no list resources")
	}
	if query.Limit == 0 {
		query.Limit = 100
	}
	if query.Config == nil {
		query.Config = map[string]any{}
	}
	stream, err := server.ListResource(ctx, &tfprotov6.ListResourceRequest{
		TypeName: typeName, Limit: query.Limit, IncludeResource: query.IncludeResource,
		Config: client.Value(t, client.Schema.ListResourceSchemas[typeName].ValueType(), query.Config),
	})
	if err != nil {
		// Terraform shows this error as a diagnostic.
		return []Listed{{Diagnostics: []*tfprotov6.Diagnostic{{Severity: tfprotov6.DiagnosticSeverityError, Summary: err.Error()}}}}
	}
	identities, err := client.Server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var results []Listed
	for result := range stream.Results {
		listed := Listed{DisplayName: result.DisplayName, Diagnostics: result.Diagnostics}
		if result.Identity != nil {
			listed.Identity = client.Attributes(t, identities.IdentitySchemas[typeName].ValueType(), result.Identity.IdentityData)
		}
		if result.Resource != nil {
			listed.Resource = client.Attributes(t, client.ResourceType(typeName), result.Resource)
		}
		results = append(results, listed)
		if int64(len(results)) == query.Limit {
			break
		}
	}
	return results
}

// AssertListFails fails the test unless a list resource returns only the expected error.
func (client Client) AssertListFails(t *testing.T, typeName string, query ListQuery, want ExpectedDiagnostic) {
	t.Helper()
	results := client.List(t.Context(), t, typeName, query)
	if len(results) != 1 || results[0].Identity != nil {
		t.Fatalf("got %d results, want only the error", len(results))
	}
	AssertDiagnostics(t, results[0].Diagnostics, want)
}

// ValidateList validates a list block.
func (client Client) ValidateList(t *testing.T, typeName string, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	server, ok := client.Server.(tfprotov6.ListResourceServer)
	if !ok {
		t.Fatal("the provider has no list resources")
	}
	resp, err := server.ValidateListResourceConfig(t.Context(), &tfprotov6.ValidateListResourceConfigRequest{
		TypeName: typeName, Config: client.Value(t, client.Schema.ListResourceSchemas[typeName].ValueType(), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// Text returns a string of the identity or of the resource, "" for null.
func (l Listed) Text(t *testing.T, attribute string) string {
	t.Helper()
	value, ok := l.Identity[attribute]
	if !ok {
		value = l.Resource[attribute]
	}
	if value.IsNull() {
		return ""
	}
	var text string
	if err := value.As(&text); err != nil {
		t.Fatal(err)
	}
	return text
}
