// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken_test

import (
	"net/http"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// TestHubToken_leavesNoOrphan loses the response to the POST, and with it the token's
// value.
func TestHubToken_leavesNoOrphan(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault mockserver.Fault
		want  string
	}{
		"after it arrived":   {mockserver.Fault{Drop: mockserver.DropAfterHandling}, "was revoked"},
		"half way":           {mockserver.Fault{Drop: mockserver.DropMidResponse}, "was revoked"},
		"502 of a proxy":     {mockserver.Fault{HandleRequest: true, Status: 502}, "was revoked"},
		"before it arrived":  {mockserver.Fault{Drop: mockserver.DropBeforeHandling}, "no new token was found"},
		"refused by the Hub": {mockserver.Fault{Status: 403, ContentType: "application/json", Body: `{"status": 403, "message": "no"}`}, "do not allow this"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClient(t, providertest.Block(mock))
			mock.AddToken("alice", "another run's")
			test.fault.Method, test.fault.Path = http.MethodPost, "*/tokens"
			mock.FailNext(test.fault)
			none := providertest.Instance{State: client.Value(t, client.ResourceType(providertest.TokenType), nil)}
			created, diagnostics := client.Apply(t.Context(), t, providertest.TokenType, none, map[string]any{"note": "ours"})
			providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", test.want))
			if got := client.Attributes(t, client.ResourceType(providertest.TokenType), created.State); got != nil {
				t.Error("the state has a token")
			}
			if got := providertest.TokenNotes(mock); got["ours"] != 0 || got["another run's"] != 1 {
				t.Errorf("the Hub has %v", got)
			}
			if got := mock.CountRequests(http.MethodPost, "*/tokens"); got != 1 {
				t.Errorf("%d POST requests, want 1", got)
			}
		})
	}
}

// TestHubToken_isStoredAsSoonAsItIsCreated reads the new token and its expiry from the state.
func TestHubToken_isStoredAsSoonAsItIsCreated(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	none := providertest.Instance{State: client.Value(t, client.ResourceType(providertest.TokenType), nil)}
	created, diagnostics := client.Apply(t.Context(), t, providertest.TokenType, none, map[string]any{"note": "ours", "expires_in": "1h"})
	providertest.AssertNoDiagnostics(t, diagnostics)
	if user := client.Text(t, providertest.TokenType, created.State, "user"); user != "alice" {
		t.Errorf("user %q", user)
	}
	mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/tokens/*", Times: 100, Status: http.StatusBadGateway})
	read, diagnostics := client.Read(t, providertest.TokenType, created)
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "could not be read"))
	if client.Text(t, providertest.TokenType, read.State, "id") != client.Text(t, providertest.TokenType, created.State, "id") {
		t.Error("a failed refresh removed the token from the state")
	}
}
