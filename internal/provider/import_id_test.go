// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// An ID becomes a part of a request's path, so it must not lead to another path. It is
// empty in terraform import ADDRESS "".
func TestImport_rejectsIDsThatAreNotNames(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	for _, typeName := range []string{providertest.ClusterType, providertest.ServerType, providertest.TokenType} {
		for _, id := range []string{"", "..%2fx", "..%2Fx", "%2e%2e%2fx", "..%252fx", "../x", "..", ".", "/", "x/../y", `..\x`, "a\x1b[2J", "alice/..%2fx", "..%2fx/gpu", "alice/../gpu", "/gpu"} {
			t.Run(typeName+" "+id, func(t *testing.T) {
				t.Parallel()
				resp, err := client.Server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: typeName, ID: id})
				if err != nil {
					t.Fatal(err)
				}
				if !providertest.HasError(resp.Diagnostics) || len(resp.ImportedResources) != 0 {
					t.Fatalf("%d resources were imported: %v", len(resp.ImportedResources), resp.Diagnostics)
				}
				providertest.AssertPresentable(t, resp.Diagnostics)
				want := map[string]string{
					providertest.ClusterType: fmt.Sprintf("%q cannot be imported", id),
					providertest.ServerType:  fmt.Sprintf("%q is not the ID of a server", id),
					providertest.TokenType:   "An imported token would have no value",
				}[typeName]
				if d := resp.Diagnostics[0]; len(resp.Diagnostics) != 1 || !strings.Contains(d.Detail, want) {
					t.Errorf("%d diagnostics, the first is %s: %s; want one with %s", len(resp.Diagnostics), d.Summary, d.Detail, want)
				}
			})
		}
	}
	t.Cleanup(func() {
		if requests := mock.Requests(); len(requests) != 0 {
			t.Errorf("%d requests were sent", len(requests))
		}
	})
}
