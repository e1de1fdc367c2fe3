// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients_test

import (
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// TestHubOwner_rejectsService creates objects with the token of a service, which must name a
// user: it creates nothing for itself, nor for a user with the same name.
func TestHubOwner_rejectsService(t *testing.T) {
	t.Parallel()
	apply := func(typeName string) func(*testing.T, providertest.Client, map[string]any) []*tfprotov6.Diagnostic {
		return func(t *testing.T, client providertest.Client, config map[string]any) []*tfprotov6.Diagnostic {
			t.Helper()
			_, diagnostics := client.Apply(t.Context(), t, typeName, providertest.Instance{State: client.Value(t, client.ResourceType(typeName), nil)}, config)
			return diagnostics
		}
	}
	for name, create := range map[string]func(*testing.T, providertest.Client, map[string]any) []*tfprotov6.Diagnostic{
		"a token": apply(providertest.TokenType),
		"a token for one run": func(t *testing.T, client providertest.Client, config map[string]any) []*tfprotov6.Diagnostic {
			t.Helper()
			_, diagnostics := client.Open(t.Context(), t, providertest.TokenType, config)
			return diagnostics
		},
		"a server": apply(providertest.ServerType),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			token := mock.NewServiceToken("pipeline", "admin:users", "admin:servers", "tokens")
			mock.AddToken("pipeline", "another")
			client := providertest.NewClientWith(t, mock.Clock, map[string]any{"address": mock.GatewayURL(), "api_token": token})
			providertest.AssertDiagnostics(t, create(t, client, map[string]any{}), providertest.ErrorAt(`AttributeName("user")`, "the Hub's service pipeline"))
			if got := mock.CountRequests(http.MethodPost, "*"); got != 0 {
				t.Errorf("%d POST requests were made", got)
			}
			mock.AddToken("alice", "another")
			providertest.AssertNoDiagnostics(t, create(t, client, map[string]any{"user": "alice"}))
		})
	}
}
