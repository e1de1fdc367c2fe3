// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken_test

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
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

func TestAccEphemeralHubToken_isCreatedAndRevoked(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	has := func(attribute string, value knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(providertest.EchoAddress, providertest.EchoPath(attribute), value)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.FactoriesWithEcho(mock),
		TerraformVersionChecks:   providertest.NeedsEphemeralResources,
		Steps: []resource.TestStep{{
			Config: providertest.ProviderBlock(mock) + providertest.EchoConfig("pc_hub_token.test") + `
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
				has("created_at", providertest.IsTime),
				has("expires_at", providertest.IsTime),
				providertest.AfterApply(func() error {
					return providertest.WantBody(mock, "/tokens", `{"expires_in":7200,"note":"nightly run","scopes":["access:services!service=dask-gateway"]}`)
				}),
			},
		}},
	})
	if got := providertest.TokenNotes(mock)["nightly run"]; got != 0 {
		t.Errorf("%d tokens are left", got)
	}
	if created, revoked := mock.CountRequests(http.MethodPost, "*/tokens"), mock.CountRequests(http.MethodDelete, "*/tokens/*"); created == 0 || created != revoked {
		t.Errorf("%d tokens were created, %d revoked", created, revoked)
	}
}

func TestEphemeralHubToken_opens(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config   map[string]any
		body     string
		lifetime time.Duration
	}{
		"by default": {nil, `{"expires_in":43200,"note":"NOTE"}`, 12 * time.Hour},
		"as chosen":  {map[string]any{"note": "n", "expires_in": "90s", "roles": []any{"token"}}, `{"expires_in":90,"note":"n","roles":["token"]}`, 90 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
			if test.config == nil {
				test.config = map[string]any{}
			}
			began := mock.Clock.Now()
			opened, diagnostics := client.Open(t.Context(), t, providertest.TokenType, test.config)
			providertest.AssertNoDiagnostics(t, diagnostics)
			note := opened.Text(t, "note")
			if err := providertest.WantBody(mock, "/tokens", strings.ReplaceAll(test.body, "NOTE", note)); err != nil {
				t.Error(err)
			}
			if note != "n" && !regexp.MustCompile(`^One run of Terraform, [A-Z2-7]{8}$`).MatchString(note) {
				t.Errorf("the note is %q", note)
			}
			if len(opened.Text(t, "token")) != 32 || opened.Text(t, "user") != "alice" || opened.Text(t, "id") == "" {
				t.Errorf("got %v", opened.Values)
			}
			if strings.Contains(string(opened.Private), opened.Text(t, "token")) {
				t.Error("the private data contains the token's value")
			}
			if !opened.RenewAt.Equal(began.Add(test.lifetime + time.Second)) {
				t.Errorf("the renewal is scheduled at %s, want %s after %s", opened.RenewAt, test.lifetime, began)
			}
			providertest.AssertNoDiagnostics(t, client.Close(t, opened))
			// Closing it twice has no effect.
			providertest.AssertNoDiagnostics(t, client.Close(t, opened))
			if got := len(mock.Tokens("alice")); got != 1 {
				t.Errorf("the Hub has %d tokens, want the provider's own", got)
			}
		})
	}
}

// TestEphemeralHubToken_keepsTheTokenOfAnotherRun starts two runs of a user at the same
// time. The POST of the first never reaches the Hub, so the only new and unused token
// belongs to the second.
func TestEphemeralHubToken_keepsTheTokenOfAnotherRun(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	first, second := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock)), providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	created, diagnostics := second.Open(t.Context(), t, providertest.TokenType, map[string]any{})
	providertest.AssertNoDiagnostics(t, diagnostics)
	mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/tokens", Drop: mockserver.DropBeforeHandling})
	_, diagnostics = first.Open(t.Context(), t, providertest.TokenType, map[string]any{})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "no new token was found"))
	if got := providertest.TokenNotes(mock)[created.Text(t, "note")]; got != 1 {
		t.Errorf("the Hub has %d tokens of the other run", got)
	}
	providertest.AssertNoDiagnostics(t, second.Close(t, created))
}

// TestEphemeralHubToken_acceptsLimitOfHub uses a Hub whose limit is below the default
// lifetime.
func TestEphemeralHubToken_acceptsLimitOfHub(t *testing.T) {
	t.Parallel()
	tooLong := mockserver.Fault{
		Method: http.MethodPost, Path: "*/tokens", Status: http.StatusBadRequest, ContentType: "application/json",
		Body: `{"status": 400, "message": "token expires_in: 43200 must not exceed 3600"}`,
	}
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	mock.FailNext(tooLong)
	_, diagnostics := client.Open(t.Context(), t, providertest.TokenType, map[string]any{"note": "ours"})
	providertest.AssertNoDiagnostics(t, diagnostics)
	if err := providertest.WantBody(mock, "/tokens", `{"note":"ours"}`); err != nil {
		t.Error(err)
	}
	mock.FailNext(tooLong)
	_, diagnostics = client.Open(t.Context(), t, providertest.TokenType, map[string]any{"note": "chosen", "expires_in": "12h"})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "must not exceed 3600"))
	if got := providertest.TokenNotes(mock)["chosen"]; got != 0 {
		t.Errorf("%d tokens were created with another lifetime than the configured one", got)
	}
}

func TestEphemeralHubToken_warnsThatItExpired(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	opened, diagnostics := client.Open(t.Context(), t, providertest.TokenType, map[string]any{"expires_in": "1h"})
	providertest.AssertNoDiagnostics(t, diagnostics)
	// The Hub's clock is behind, and then its proxy fails: the provider checks again later.
	nextCheck, diagnostics := client.Renew(t, opened)
	providertest.AssertNoDiagnostics(t, diagnostics)
	if nextCheck.IsZero() {
		t.Error("the provider does not check a valid token again")
	}
	mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/tokens/*", Times: 10, Status: http.StatusBadGateway})
	nextCheck, diagnostics = client.Renew(t, opened)
	providertest.AssertNoDiagnostics(t, diagnostics)
	if nextCheck.IsZero() {
		t.Error("the provider does not check again after a failed lookup")
	}
	mock.ClearFaults()
	mock.Advance(2 * time.Hour)
	mock.Clock.Advance(2 * time.Hour)
	nextCheck, diagnostics = client.Renew(t, opened)
	providertest.AssertNoDiagnostics(t, diagnostics)
	if !nextCheck.IsZero() {
		t.Errorf("the next check is at %s, want none for an expired token", nextCheck)
	}
	providertest.AssertDiagnostics(t, client.Close(t, opened), providertest.WarningAt(`AttributeName("expires_in")`, "longer expires_in than the run takes"))
}

func TestEphemeralHubToken_leavesNoOrphan(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/tokens", Drop: mockserver.DropAfterHandling})
	_, diagnostics := client.Open(t.Context(), t, providertest.TokenType, map[string]any{"note": "ours"})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "was revoked"))
	if got := providertest.TokenNotes(mock)["ours"]; got != 0 {
		t.Errorf("%d tokens are left", got)
	}
}

// TestEphemeralHubToken_neverRevokesALaterTokenWithItsID uses a Hub that gives the id of a
// revoked token to the next one.
func TestEphemeralHubToken_neverRevokesALaterTokenWithItsID(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	opened, _ := client.Open(t.Context(), t, providertest.TokenType, map[string]any{"note": "ours"})
	mock.RevokeToken("alice", opened.Text(t, "id"))
	if reused := mock.AddToken("alice", "later"); reused != opened.Text(t, "id") {
		t.Fatalf("the next token has the id %s, want the freed one", reused)
	}
	providertest.AssertNoDiagnostics(t, client.Close(t, opened))
	if providertest.TokenNotes(mock)["later"] != 1 {
		t.Error("the later token was revoked")
	}
}

func TestEphemeralHubToken_reportsFailedRevocation(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	openEphemerals := &clients.OpenEphemerals{}
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock), provider.WithOpenEphemerals(openEphemerals))
	opened, _ := client.Open(t.Context(), t, providertest.TokenType, map[string]any{"note": "ours"})
	mock.FailNext(mockserver.Fault{Method: http.MethodDelete, Path: "*/tokens/*", Times: 1000, Status: http.StatusInternalServerError})
	providertest.AssertDiagnostics(t, client.Close(t, opened), providertest.ErrorAt("", `Revoke the one with the note "ours" on the Hub's page /hub/token`))
	mock.ClearFaults()
	if err := openEphemerals.CloseAll(t.Context()); err != nil {
		t.Error(err)
	}
	if got := providertest.TokenNotes(mock)["ours"]; got != 0 {
		t.Errorf("%d tokens are left at the end of the process", got)
	}
}

// TestOpenEphemerals_areClosedWithTheProcess opens tokens that Terraform does not close.
func TestOpenEphemerals_areClosedWithTheProcess(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	openEphemerals := &clients.OpenEphemerals{}
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock), provider.WithOpenEphemerals(openEphemerals))
	for _, note := range []string{"a", "b", "c"} {
		_, diagnostics := client.Open(t.Context(), t, providertest.TokenType, map[string]any{"note": note})
		providertest.AssertNoDiagnostics(t, diagnostics)
	}
	closed, _ := client.Open(t.Context(), t, providertest.TokenType, map[string]any{"note": "d"})
	providertest.AssertNoDiagnostics(t, client.Close(t, closed))
	mock.ClearRequests()
	mock.FailNext(mockserver.Fault{Method: http.MethodDelete, Path: "*/tokens/*", Status: http.StatusForbidden, ContentType: "application/json", Body: `{"message": "no"}`})
	if err := openEphemerals.CloseAll(t.Context()); err == nil || !strings.Contains(err.Error(), "was not revoked") {
		t.Errorf("got %v", err)
	}
	if got := mock.CountRequests(http.MethodDelete, "*/tokens/*"); got != 3 {
		t.Errorf("%d tokens were revoked, want 3", got)
	}
	if err := openEphemerals.CloseAll(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestEphemeralHubToken_isUnknownUntilTheHubIs(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, map[string]any{"address": providertest.Unknown{}, "api_token": mock.NewToken("alice")})
	opened, diagnostics := client.Open(t.Context(), t, providertest.TokenType, map[string]any{"note": "ours"})
	providertest.AssertNoDiagnostics(t, diagnostics)
	if opened.Text(t, "token") != "?" || opened.Text(t, "user") != "?" || opened.Text(t, "note") != "ours" {
		t.Errorf("got %v", opened.Values)
	}
	providertest.AssertNoDiagnostics(t, client.Close(t, opened))
}

func TestEphemeralHubToken_validates(t *testing.T) {
	t.Parallel()
	client := providertest.NewClient(t, map[string]any{})
	for name, test := range map[string]struct {
		config map[string]any
		want   providertest.ExpectedDiagnostic
	}{
		"all":                  {map[string]any{"user": "bob", "note": "n", "expires_in": "1h", "scopes": []any{"self"}}, providertest.ExpectedDiagnostic{}},
		"unknown":              {map[string]any{"expires_in": providertest.Unknown{}, "note": providertest.Unknown{}}, providertest.ExpectedDiagnostic{}},
		"invalid duration":     {map[string]any{"expires_in": "a day"}, providertest.ErrorAt(`AttributeName("expires_in")`, "")},
		"fraction of a second": {map[string]any{"expires_in": "1500ms"}, providertest.ErrorAt(`AttributeName("expires_in")`, "whole seconds")},
		"zero":                 {map[string]any{"expires_in": "0s"}, providertest.ErrorAt(`AttributeName("expires_in")`, `at least "1s"`)},
		"empty user":           {map[string]any{"user": ""}, providertest.ErrorAt(`AttributeName("user")`, "")},
		"no scopes":            {map[string]any{"scopes": []any{}}, providertest.ErrorAt(`AttributeName("scopes")`, "")},
		"scopes or roles":      {map[string]any{"scopes": []any{"self"}, "roles": []any{"user"}}, providertest.ErrorAt(`AttributeName("scopes")`, "roles")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			providertest.AssertDiagnostics(t, client.ValidateEphemeral(t, providertest.TokenType, test.config), test.want)
		})
	}
}

func TestEphemeralHubToken_needsTheHub(t *testing.T) {
	t.Parallel()
	client := providertest.NewClient(t, map[string]any{"address": "https://gateway.example.com/", "api_token": "0123456789abcdef0123456789abcdef"})
	_, diagnostics := client.Open(t.Context(), t, providertest.TokenType, map[string]any{})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "hub_address"))
}
