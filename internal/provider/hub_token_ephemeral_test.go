// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

func TestAccEphemeralHubToken_isMadeAndRevoked(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	has := func(attribute string, value knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(echo, echoedAt(attribute), value)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factoriesWithEcho(mock),
		TerraformVersionChecks:   hasEphemeral,
		Steps: []resource.TestStep{{
			Config: providerBlock(mock) + echoed("pc_hub_token.test") + `
ephemeral "pc_hub_token" "test" {
  note       = "nightly run"
  expires_in = "2h"
  scopes     = ["access:services!service=dask-gateway"]
}`,
			ConfigStateChecks: []statecheck.StateCheck{
				has("user", knownvalue.StringExact("alice")),
				has("note", knownvalue.StringExact("nightly run")),
				has("id", knownvalue.StringRegexp(regexp.MustCompile(`^a\d+$`))),
				has("token", knownvalue.StringRegexp(regexp.MustCompile(`^[0-9a-f]{32}$`))),
				has("created_at", isTime),
				has("expires_at", isTime),
				during(func() error {
					return wantBody(mock, "/tokens", `{"expires_in":7200,"note":"nightly run","scopes":["access:services!service=dask-gateway"]}`)
				}),
			},
		}},
	})
	if got := notes(mock)["nightly run"]; got != 0 {
		t.Errorf("%d tokens are left", got)
	}
	if made, revoked := mock.CountRequests(http.MethodPost, "*/tokens"), mock.CountRequests(http.MethodDelete, "*/tokens/*"); made == 0 || made != revoked {
		t.Errorf("%d tokens were made, %d revoked", made, revoked)
	}
}

func TestEphemeralHubToken_opens(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config map[string]any
		body   string
		life   time.Duration
	}{
		"by default": {nil, `{"expires_in":43200,"note":"NOTE"}`, 12 * time.Hour},
		"as chosen":  {map[string]any{"note": "n", "expires_in": "90s", "roles": []any{"token"}}, `{"expires_in":90,"note":"n","roles":["token"]}`, 90 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := startMock(t, mockserver.Config{})
			w := newWireWith(t, mock.clock, block(mock))
			if test.config == nil {
				test.config = map[string]any{}
			}
			began := mock.clock.Now()
			opened, diagnostics := w.open(t.Context(), t, hubToken, test.config)
			assertDiagnostics(t, diagnostics, wanted{})
			note := opened.text(t, "note")
			if err := wantBody(mock, "/tokens", strings.ReplaceAll(test.body, "NOTE", note)); err != nil {
				t.Error(err)
			}
			if note != "n" && !regexp.MustCompile(`^One run of Terraform, [A-Z2-7]{8}$`).MatchString(note) {
				t.Errorf("the note is %q", note)
			}
			if len(opened.text(t, "token")) != 32 || opened.text(t, "user") != "alice" || opened.text(t, "id") == "" {
				t.Errorf("got %v", opened.values)
			}
			if strings.Contains(string(opened.private), opened.text(t, "token")) {
				t.Error("Terraform keeps the token's value")
			}
			if !opened.renewAt.Equal(began.Add(test.life + time.Second)) {
				t.Errorf("to be renewed at %s, want %s after %s", opened.renewAt, test.life, began)
			}
			assertDiagnostics(t, w.close(t, opened), wanted{})
			// Closing it twice does no harm.
			assertDiagnostics(t, w.close(t, opened), wanted{})
			if got := len(mock.Tokens("alice")); got != 1 {
				t.Errorf("the Hub has %d tokens, want the provider's own", got)
			}
		})
	}
}

// TestEphemeralHubToken_leavesThatOfAnotherRun: two runs of a user begin at once, and
// the POST of the one never reaches the Hub. The token of the other, which nobody
// has used yet, is the only one that is new.
func TestEphemeralHubToken_leavesThatOfAnotherRun(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	one, other := newWireWith(t, mock.clock, block(mock)), newWireWith(t, mock.clock, block(mock))
	made, diagnostics := other.open(t.Context(), t, hubToken, map[string]any{})
	assertDiagnostics(t, diagnostics, wanted{})
	mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/tokens", Drop: mockserver.DropBeforeHandling})
	_, diagnostics = one.open(t.Context(), t, hubToken, map[string]any{})
	assertDiagnostics(t, diagnostics, errorAt("", "no new token was seen"))
	if got := notes(mock)[made.text(t, "note")]; got != 1 {
		t.Errorf("the Hub has %d tokens of the other run", got)
	}
	assertDiagnostics(t, other.close(t, made), wanted{})
}

// TestEphemeralHubToken_takesTheHubsLimit has a Hub that lets no token live for
// as long as the default is.
func TestEphemeralHubToken_takesTheHubsLimit(t *testing.T) {
	t.Parallel()
	tooLong := mockserver.Fault{
		Method: http.MethodPost, Path: "*/tokens", Status: http.StatusBadRequest, ContentType: "application/json",
		Body: `{"status": 400, "message": "token expires_in: 43200 must not exceed 3600"}`,
	}
	mock := startMock(t, mockserver.Config{})
	w := newWire(t, block(mock))
	mock.FailNext(tooLong)
	_, diagnostics := w.open(t.Context(), t, hubToken, map[string]any{"note": "ours"})
	assertDiagnostics(t, diagnostics, wanted{})
	if err := wantBody(mock, "/tokens", `{"note":"ours"}`); err != nil {
		t.Error(err)
	}
	mock.FailNext(tooLong)
	_, diagnostics = w.open(t.Context(), t, hubToken, map[string]any{"note": "chosen", "expires_in": "12h"})
	assertDiagnostics(t, diagnostics, errorAt("", "must not exceed 3600"))
	if got := notes(mock)["chosen"]; got != 0 {
		t.Errorf("%d tokens were made with another lifetime than was chosen", got)
	}
}

func TestEphemeralHubToken_saysThatItEnded(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	w := newWireWith(t, mock.clock, block(mock))
	opened, diagnostics := w.open(t.Context(), t, hubToken, map[string]any{"expires_in": "1h"})
	assertDiagnostics(t, diagnostics, wanted{})
	// The Hub's clock is behind, and then its proxy fails: it is looked at again.
	again, diagnostics := w.renew(t, opened)
	assertDiagnostics(t, diagnostics, wanted{})
	if again.IsZero() {
		t.Error("a token that still lives is not looked at again")
	}
	mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/tokens/*", Times: 10, Status: http.StatusBadGateway})
	again, diagnostics = w.renew(t, opened)
	assertDiagnostics(t, diagnostics, wanted{})
	if again.IsZero() {
		t.Error("a token that could not be looked at is not looked at again")
	}
	mock.ClearFaults()
	mock.Advance(2 * time.Hour)
	mock.clock.Advance(2 * time.Hour)
	again, diagnostics = w.renew(t, opened)
	assertDiagnostics(t, diagnostics, wanted{})
	if !again.IsZero() {
		t.Errorf("to be renewed again at %s", again)
	}
	assertDiagnostics(t, w.close(t, opened), warningAt(`AttributeName("expires_in")`, "longer expires_in than the run takes"))
}

func TestEphemeralHubToken_leavesNoOrphan(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	w := newWire(t, block(mock))
	mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/tokens", Drop: mockserver.DropAfterHandling})
	_, diagnostics := w.open(t.Context(), t, hubToken, map[string]any{"note": "ours"})
	assertDiagnostics(t, diagnostics, errorAt("", "was revoked"))
	if got := notes(mock)["ours"]; got != 0 {
		t.Errorf("%d tokens are left", got)
	}
}

// TestEphemeralHubToken_neverRevokesItsHeir has a Hub that gives the id of a
// token that somebody revoked to the next one.
func TestEphemeralHubToken_neverRevokesItsHeir(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	w := newWire(t, block(mock))
	opened, _ := w.open(t.Context(), t, hubToken, map[string]any{"note": "ours"})
	mock.RevokeToken("alice", opened.text(t, "id"))
	if heir := mock.AddToken("alice", "the heir"); heir != opened.text(t, "id") {
		t.Fatalf("the heir is %s", heir)
	}
	assertDiagnostics(t, w.close(t, opened), wanted{})
	if notes(mock)["the heir"] != 1 {
		t.Error("the heir was revoked")
	}
}

func TestEphemeralHubToken_saysWhatWasNotRevoked(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	leftovers := &provider.Leftovers{}
	w := newWireWith(t, mock.clock, block(mock), provider.WithLeftovers(leftovers))
	opened, _ := w.open(t.Context(), t, hubToken, map[string]any{"note": "ours"})
	mock.FailNext(mockserver.Fault{Method: http.MethodDelete, Path: "*/tokens/*", Times: 10, Status: http.StatusInternalServerError})
	assertDiagnostics(t, w.close(t, opened), errorAt("", `Revoke the one with the note "ours" on the Hub's page /hub/token`))
	mock.ClearFaults()
	if err := leftovers.End(t.Context()); err != nil {
		t.Error(err)
	}
	if got := notes(mock)["ours"]; got != 0 {
		t.Errorf("%d tokens are left at the end of the process", got)
	}
}

// TestLeftovers_endWithTheProcess has tokens that Terraform does not close.
func TestLeftovers_endWithTheProcess(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	leftovers := &provider.Leftovers{}
	w := newWireWith(t, mock.clock, block(mock), provider.WithLeftovers(leftovers))
	for _, note := range []string{"a", "b", "c"} {
		_, diagnostics := w.open(t.Context(), t, hubToken, map[string]any{"note": note})
		assertDiagnostics(t, diagnostics, wanted{})
	}
	closed, _ := w.open(t.Context(), t, hubToken, map[string]any{"note": "d"})
	assertDiagnostics(t, w.close(t, closed), wanted{})
	mock.ClearRequests()
	mock.FailNext(mockserver.Fault{Method: http.MethodDelete, Path: "*/tokens/*", Status: http.StatusForbidden, ContentType: "application/json", Body: `{"message": "no"}`})
	if err := leftovers.End(t.Context()); err == nil || !strings.Contains(err.Error(), "was not revoked") {
		t.Errorf("got %v", err)
	}
	if got := mock.CountRequests(http.MethodDelete, "*/tokens/*"); got != 3 {
		t.Errorf("%d were revoked, want 3", got)
	}
	if err := leftovers.End(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestEphemeralHubToken_isUnknownUntilTheHubIs(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	w := newWire(t, map[string]any{"address": unknown{}, "api_token": mock.NewToken("alice")})
	opened, diagnostics := w.open(t.Context(), t, hubToken, map[string]any{"note": "ours"})
	assertDiagnostics(t, diagnostics, wanted{})
	if opened.text(t, "token") != "?" || opened.text(t, "user") != "?" || opened.text(t, "note") != "ours" {
		t.Errorf("got %v", opened.values)
	}
	assertDiagnostics(t, w.close(t, opened), wanted{})
}

func TestEphemeralHubToken_validates(t *testing.T) {
	t.Parallel()
	w := newWire(t, map[string]any{})
	for name, test := range map[string]struct {
		config map[string]any
		want   wanted
	}{
		"all":             {map[string]any{"user": "bob", "note": "n", "expires_in": "1h", "scopes": []any{"self"}}, wanted{}},
		"unknown":         {map[string]any{"expires_in": unknown{}, "note": unknown{}}, wanted{}},
		"no duration":     {map[string]any{"expires_in": "a day"}, errorAt(`AttributeName("expires_in")`, "")},
		"part of second":  {map[string]any{"expires_in": "1500ms"}, errorAt(`AttributeName("expires_in")`, "whole seconds")},
		"nothing":         {map[string]any{"expires_in": "0s"}, errorAt(`AttributeName("expires_in")`, `at least "1s"`)},
		"no user":         {map[string]any{"user": ""}, errorAt(`AttributeName("user")`, "")},
		"no scopes":       {map[string]any{"scopes": []any{}}, errorAt(`AttributeName("scopes")`, "")},
		"scopes or roles": {map[string]any{"scopes": []any{"self"}, "roles": []any{"user"}}, errorAt(`AttributeName("scopes")`, "roles")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertDiagnostics(t, w.validateEphemeral(t, hubToken, test.config), test.want)
		})
	}
}

func TestEphemeralHubToken_needsTheHub(t *testing.T) {
	t.Parallel()
	w := newWire(t, map[string]any{"address": "https://gateway.example.com/", "api_token": "0123456789abcdef0123456789abcdef"})
	_, diagnostics := w.open(t.Context(), t, hubToken, map[string]any{})
	assertDiagnostics(t, diagnostics, errorAt("", "hub_address"))
}
