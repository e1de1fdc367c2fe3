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
		"in its midst":       {mockserver.Fault{Drop: mockserver.DropMidResponse}, "was revoked"},
		"502 of a proxy":     {mockserver.Fault{HandleRequest: true, Status: 502}, "was revoked"},
		"before it arrived":  {mockserver.Fault{Drop: mockserver.DropBeforeHandling}, "no new token was found"},
		"refused by the Hub": {mockserver.Fault{Status: 403, ContentType: "application/json", Body: `{"status": 403, "message": "no"}`}, "do not allow this"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			w := providertest.NewClient(t, providertest.Block(mock))
			mock.AddToken("alice", "somebody else's")
			test.fault.Method, test.fault.Path = http.MethodPost, "*/tokens"
			mock.FailNext(test.fault)
			none := providertest.Instance{State: w.Value(t, w.ResourceType(providertest.TokenType), nil)}
			made, diagnostics := w.Apply(t.Context(), t, providertest.TokenType, none, map[string]any{"note": "ours"})
			providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", test.want))
			if got := w.Attributes(t, w.ResourceType(providertest.TokenType), made.State); got != nil {
				t.Error("there is a token in the state")
			}
			if got := providertest.TokenNotes(mock); got["ours"] != 0 || got["somebody else's"] != 1 {
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
	w := providertest.NewClient(t, providertest.Block(mock))
	none := providertest.Instance{State: w.Value(t, w.ResourceType(providertest.TokenType), nil)}
	made, diagnostics := w.Apply(t.Context(), t, providertest.TokenType, none, map[string]any{"note": "ours", "expires_in": "1h"})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
	if user := w.Text(t, providertest.TokenType, made.State, "user"); user != "alice" {
		t.Errorf("user %q", user)
	}
	mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/tokens/*", Times: 100, Status: http.StatusBadGateway})
	kept, diagnostics := w.Read(t, providertest.TokenType, made)
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "could not be read"))
	if w.Text(t, providertest.TokenType, kept.State, "id") != w.Text(t, providertest.TokenType, made.State, "id") {
		t.Error("a fault of the Hub took the token out of the state")
	}
}
