// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// A password that is a part of "not found" is masked in the error and changes no
// decision.
func TestIsNotFound_decidesOnTheRawMessage(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"u", "Cluster", "not found", " "} {
		t.Run(password, func(t *testing.T) {
			t.Parallel()
			server := scripted.New(t, "/services/dask-gateway")
			server.On("GET /api/v1/clusters/c1", scripted.Reply{
				Status: http.StatusNotFound, ContentType: "application/json", Body: `{"error": "Cluster c1 not found"}`,
			})
			sender, err := transport.New(transport.Config{
				BaseURL: server.Base, Auth: transport.BasicAuth("alice", secret.New(password)), BypassesProxy: true, IsCredentialFailure: gateway.IsCredentialFailure,
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = gateway.New(gateway.Config{Transport: sender}).GetCluster(t.Context(), "c1")
			if !gateway.IsNotFound(err) {
				t.Errorf("IsNotFound is false for %v", err)
			}
			if err == nil || !strings.Contains(err.Error(), "***") {
				t.Errorf("the password is not masked in %v", err)
			}
		})
	}
}
