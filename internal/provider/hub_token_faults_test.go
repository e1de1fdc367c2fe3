// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const hubToken = "pc_hub_token"

// TestHubToken_leavesNoOrphan loses the answer to the POST, and with it the
// token's value.
func TestHubToken_leavesNoOrphan(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault mockserver.Fault
		want  string
	}{
		"after it arrived":   {mockserver.Fault{Drop: mockserver.DropAfterHandling}, "was revoked"},
		"in its midst":       {mockserver.Fault{Drop: mockserver.DropMidResponse}, "was revoked"},
		"502 of a proxy":     {mockserver.Fault{HandleRequest: true, Status: 502}, "was revoked"},
		"before it arrived":  {mockserver.Fault{Drop: mockserver.DropBeforeHandling}, "no new token was seen"},
		"refused by the Hub": {mockserver.Fault{Status: 403, ContentType: "application/json", Body: `{"status": 403, "message": "no"}`}, "do not allow this"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := startMock(t, mockserver.Config{})
			w := newWire(t, block(mock))
			mock.AddToken("alice", "somebody else's")
			test.fault.Method, test.fault.Path = http.MethodPost, "*/tokens"
			mock.FailNext(test.fault)
			none := instance{state: w.value(t, w.resourceType(hubToken), nil)}
			made, diagnostics := w.apply(t.Context(), t, hubToken, none, map[string]any{"note": "ours"})
			assertDiagnostics(t, diagnostics, errorAt("", test.want))
			if got := w.attributes(t, w.resourceType(hubToken), made.state); got != nil {
				t.Error("there is a token in the state")
			}
			if got := notes(mock); got["ours"] != 0 || got["somebody else's"] != 1 {
				t.Errorf("the Hub has %v", got)
			}
			if got := mock.CountRequests(http.MethodPost, "*/tokens"); got != 1 {
				t.Errorf("%d POST requests, want 1", got)
			}
		})
	}
}

// TestHubToken_isInTheStateOnceItIsThere reads what was made, and its end.
func TestHubToken_isInTheStateOnceItIsThere(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	w := newWire(t, block(mock))
	none := instance{state: w.value(t, w.resourceType(hubToken), nil)}
	made, diagnostics := w.apply(t.Context(), t, hubToken, none, map[string]any{"note": "ours", "expires_in": "1h"})
	assertDiagnostics(t, diagnostics, wanted{})
	if user := w.text(t, hubToken, made.state, "user"); user != "alice" {
		t.Errorf("user %q", user)
	}
	mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/tokens/*", Times: 100, Status: http.StatusBadGateway})
	kept, diagnostics := w.read(t, hubToken, made)
	assertDiagnostics(t, diagnostics, errorAt("", "could not be read"))
	if w.text(t, hubToken, kept.state, "id") != w.text(t, hubToken, made.state, "id") {
		t.Error("a fault of the Hub took the token out of the state")
	}
}
