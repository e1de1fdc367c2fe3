// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// onEachHub runs a test on the mock of each version of JupyterHub.
func onEachHub(t *testing.T, test func(t *testing.T, major int, mock *providertest.Mock, client providertest.Client)) {
	t.Helper()
	for major := 1; major <= 6; major++ {
		t.Run(fmt.Sprintf("JupyterHub %d", major), func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{HubVersion: fmt.Sprint(major)})
			test(t, major, mock, providertest.NewClient(t, providertest.Block(mock)))
		})
	}
}

// TestHubs_tokenLifecycle creates, reads and revokes a token, and detects a revocation
// outside Terraform.
func TestHubs_tokenLifecycle(t *testing.T) {
	t.Parallel()
	onEachHub(t, func(t *testing.T, _ int, mock *providertest.Mock, client providertest.Client) {
		t.Helper()
		config := map[string]any{"note": "ours", "expires_in": "1h"}
		for _, revokedElsewhere := range []bool{false, true} {
			created, diagnostics := client.Apply(t.Context(), t, providertest.TokenType, client.None(t), config)
			providertest.AssertNoDiagnostics(t, diagnostics)
			if got := providertest.TokenNotes(mock)["ours"]; got != 1 {
				t.Fatalf("%d tokens were created", got)
			}
			read, diagnostics := client.Read(t, providertest.TokenType, created)
			providertest.AssertNoDiagnostics(t, diagnostics)
			if plan := client.Plan(t, providertest.TokenType, read, config); len(plan.RequiresReplace) > 0 {
				t.Errorf("a second plan replaces the token for %v", plan.RequiresReplace)
			}
			if revokedElsewhere {
				mock.RevokeToken("alice", client.Text(t, providertest.TokenType, read.State, "id"))
				_, diagnostics = client.Read(t, providertest.TokenType, read)
				providertest.AssertDiagnostics(t, diagnostics, providertest.WarningAt("", "no longer has it"))
			}
			_, diagnostics = client.Apply(t.Context(), t, providertest.TokenType, read, nil)
			providertest.AssertNoDiagnostics(t, diagnostics)
			if got := providertest.TokenNotes(mock)["ours"]; got != 0 {
				t.Errorf("%d tokens are left", got)
			}
		}
	})
}

// TestHubs_tokenHasNoMoreScopesThanRequested requests a token with few scopes. Old Hubs
// ignore the scopes.
func TestHubs_tokenHasNoMoreScopesThanRequested(t *testing.T) {
	t.Parallel()
	onEachHub(t, func(t *testing.T, major int, mock *providertest.Mock, client providertest.Client) {
		t.Helper()
		for argument, values := range map[string][]any{"scopes": {"access:services!service=dask-gateway"}, "roles": {"token"}} {
			config := map[string]any{"note": "less", argument: values}
			want := providertest.ExpectedDiagnostic{}
			if major == 1 || major == 2 && argument == "scopes" {
				want = providertest.ErrorAt(`AttributeName("`+argument+`")`, "Leave out "+argument)
			}
			created, diagnostics := client.Apply(t.Context(), t, providertest.TokenType, client.None(t), config)
			providertest.AssertDiagnostics(t, diagnostics, want)
			opened, diagnostics := client.Open(t.Context(), t, providertest.TokenType, config)
			providertest.AssertDiagnostics(t, diagnostics, want)
			if want == (providertest.ExpectedDiagnostic{}) {
				providertest.AssertNoDiagnostics(t, client.Close(t, opened))
				_, diagnostics = client.Apply(t.Context(), t, providertest.TokenType, created, nil)
				providertest.AssertNoDiagnostics(t, diagnostics)
			}
			if got := providertest.TokenNotes(mock)["less"]; got != 0 {
				t.Errorf("%s: %d tokens are left", argument, got)
			}
		}
	})
}

// TestHubs_rejectedRequests checks the errors about invalid scopes and tokens.
func TestHubs_rejectedRequests(t *testing.T) {
	t.Parallel()
	onEachHub(t, func(t *testing.T, major int, mock *providertest.Mock, client providertest.Client) {
		t.Helper()
		want := providertest.ErrorAt("", "Scope 'nope' for token does not exist")
		switch {
		case major < 3:
			want = providertest.ErrorAt(`AttributeName("scopes")`, "Leave out scopes")
		case major < 5:
			want = providertest.ErrorAt("", "Before JupyterHub 5, this is the response to scopes that do not exist")
		}
		_, diagnostics := client.Apply(t.Context(), t, providertest.TokenType, client.None(t), map[string]any{"note": "bad", "scopes": []any{"nope"}})
		providertest.AssertDiagnostics(t, diagnostics, want)
		if got := providertest.TokenNotes(mock)["bad"]; got != 0 {
			t.Errorf("%d tokens are left", got)
		}

		mock.ClearRequests()
		client = providertest.NewClient(t, map[string]any{"address": mock.GatewayURL(), "api_token": "garbage"})
		_, diagnostics = client.Apply(t.Context(), t, providertest.TokenType, client.None(t), map[string]any{"note": "bad"})
		providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "rejected the credentials from api_token in the provider block"))
		if got := mock.CountRequests(http.MethodGet, "*"); got != 1 {
			t.Errorf("a wrong token was tried %d times", got)
		}
	})
}

// TestHubs_clusters creates a cluster on the gateway behind each Hub.
func TestHubs_clusters(t *testing.T) {
	t.Parallel()
	onEachHub(t, func(t *testing.T, _ int, mock *providertest.Mock, client providertest.Client) {
		t.Helper()
		created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{})
		providertest.AssertNoDiagnostics(t, diagnostics)
		_, diagnostics = client.Apply(t.Context(), t, providertest.ClusterType, created, nil)
		providertest.AssertNoDiagnostics(t, diagnostics)
		providertest.AssertNothingRuns(t, mock)
	})
}

// TestHubs_servers starts and stops servers on each Hub. Hubs before 6 read the whole body
// as the options.
func TestHubs_servers(t *testing.T) {
	t.Parallel()
	onEachHub(t, func(t *testing.T, _ int, mock *providertest.Mock, client providertest.Client) {
		t.Helper()
		for _, config := range []map[string]any{{"name": "gpu", "user_options": map[string]any{"profile": "small"}}, {"name": "plain"}} {
			created, diagnostics := client.Apply(t.Context(), t, providertest.ServerType, client.None(t), config)
			providertest.AssertNoDiagnostics(t, diagnostics)
			read, diagnostics := client.Read(t, providertest.ServerType, created)
			providertest.AssertNoDiagnostics(t, diagnostics)
			if plan := client.Plan(t, providertest.ServerType, read, config); providertest.HasError(plan.Diagnostics) || len(plan.RequiresReplace) > 0 {
				t.Errorf("a second plan of %v replaces the server for %v", config, plan.RequiresReplace)
			}
			if config["name"] == "gpu" && fmt.Sprint(mock.HubServers("alice")[0].Options) != "map[profile:small]" {
				t.Errorf("the Hub has the options %v", mock.HubServers("alice")[0].Options)
			}
			_, diagnostics = client.Apply(t.Context(), t, providertest.ServerType, read, nil)
			providertest.AssertNoDiagnostics(t, diagnostics)
		}
		for _, server := range mock.HubServers("alice") {
			if server.Ready {
				t.Errorf("the server %q is left", server.Name)
			}
		}
		_, diagnostics := client.Apply(t.Context(), t, providertest.ServerType, client.None(t), map[string]any{"name": "gpu", "user_options": map[string]any{"profile": "broken"}})
		providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "no node has room for it"))
	})
}

// TestHubs_users reads the owner of the token. JupyterHub 1 has neither roles nor scopes,
// and returns servers only for a user that is requested by name.
func TestHubs_users(t *testing.T) {
	t.Parallel()
	onEachHub(t, func(t *testing.T, major int, mock *providertest.Mock, client providertest.Client) {
		t.Helper()
		mock.StartHubServer("alice", "gpu", `{"profile": "small"}`)
		set := func(values ...string) tftypes.Value {
			members := make([]tftypes.Value, 0, len(values))
			for _, value := range values {
				members = append(members, tftypes.NewValue(tftypes.String, value))
			}
			return tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, members)
		}
		for _, config := range []map[string]any{{}, {"name": "alice"}} {
			state, diagnostics := client.ReadData(t, "pc_hub_user", config)
			providertest.AssertNoDiagnostics(t, diagnostics)
			if !state["name"].Equal(tftypes.NewValue(tftypes.String, "alice")) || !state["kind"].Equal(tftypes.NewValue(tftypes.String, "user")) || state["created_at"].IsNull() {
				t.Errorf("%v: the user is %v", config, state)
			}
			if major == 1 && !state["roles"].IsNull() || major > 1 && !state["roles"].Equal(set("user")) {
				t.Errorf("%v: the roles are %s", config, state["roles"])
			}
			byName := config["name"] != nil
			if hasScopes := major > 1 && !byName; state["scopes"].IsNull() == hasScopes {
				t.Errorf("%v: the scopes are %s", config, state["scopes"])
			}
			if known := major > 1 || byName; state["servers"].IsNull() == known || known && !strings.Contains(state["servers"].String(), `/user/alice/gpu/`) {
				t.Errorf("%v: the servers are %s", config, state["servers"])
			}
		}
	})
}
