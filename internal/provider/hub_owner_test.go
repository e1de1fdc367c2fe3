// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// TestHubOwner_isNoService: a service makes nothing for itself, nor for the user who
// happens to have its name.
func TestHubOwner_isNoService(t *testing.T) {
	t.Parallel()
	apply := func(typeName string) func(*testing.T, wire, map[string]any) []*tfprotov6.Diagnostic {
		return func(t *testing.T, w wire, config map[string]any) []*tfprotov6.Diagnostic {
			t.Helper()
			_, diagnostics := w.apply(t.Context(), t, typeName, instance{state: w.value(t, w.resourceType(typeName), nil)}, config)
			return diagnostics
		}
	}
	for name, create := range map[string]func(*testing.T, wire, map[string]any) []*tfprotov6.Diagnostic{
		"a token": apply(hubToken),
		"a token for one run": func(t *testing.T, w wire, config map[string]any) []*tfprotov6.Diagnostic {
			t.Helper()
			_, diagnostics := w.open(t.Context(), t, hubToken, config)
			return diagnostics
		},
		"a server": apply(hubServer),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := startMock(t, mockserver.Config{})
			token := mock.NewServiceToken("pipeline", "admin:users", "admin:servers", "tokens")
			mock.AddToken("pipeline", "somebody else's")
			w := newWireWith(t, mock.clock, map[string]any{"address": mock.GatewayURL(), "api_token": token})
			assertDiagnostics(t, create(t, w, map[string]any{}), errorAt(`AttributeName("user")`, "the Hub's service pipeline"))
			if got := mock.CountRequests(http.MethodPost, "*"); got != 0 {
				t.Errorf("%d POST requests were made", got)
			}
			mock.AddToken("alice", "somebody else's")
			assertDiagnostics(t, create(t, w, map[string]any{"user": "alice"}), wanted{})
		})
	}
}
