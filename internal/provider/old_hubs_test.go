// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// onEachHub runs a test on the mock of each version of JupyterHub.
func onEachHub(t *testing.T, test func(t *testing.T, major int, mock *mock, w wire)) {
	t.Helper()
	for major := 1; major <= 6; major++ {
		t.Run(fmt.Sprintf("JupyterHub %d", major), func(t *testing.T) {
			t.Parallel()
			mock := startMock(t, mockserver.Config{HubVersion: fmt.Sprint(major)})
			test(t, major, mock, newWire(t, block(mock)))
		})
	}
}

// TestHubs_tokenFromItsMakingToItsEnd makes, reads and revokes a token, and
// finds out that somebody else has revoked one.
func TestHubs_tokenFromItsMakingToItsEnd(t *testing.T) {
	t.Parallel()
	onEachHub(t, func(t *testing.T, _ int, mock *mock, w wire) {
		t.Helper()
		config := map[string]any{"note": "ours", "expires_in": "1h"}
		for _, revokedElsewhere := range []bool{false, true} {
			made, diagnostics := w.apply(t.Context(), t, hubToken, w.none(t), config)
			assertDiagnostics(t, diagnostics, wanted{})
			if got := notes(mock)["ours"]; got != 1 {
				t.Fatalf("%d tokens were made", got)
			}
			read, diagnostics := w.read(t, hubToken, made)
			assertDiagnostics(t, diagnostics, wanted{})
			if plan := w.plan(t, hubToken, read, config); len(plan.RequiresReplace) > 0 {
				t.Errorf("a second plan replaces the token for %v", plan.RequiresReplace)
			}
			if revokedElsewhere {
				mock.RevokeToken("alice", w.text(t, hubToken, read.state, "id"))
				_, diagnostics = w.read(t, hubToken, read)
				assertDiagnostics(t, diagnostics, warningAt("", "no longer has it"))
			}
			_, diagnostics = w.apply(t.Context(), t, hubToken, read, nil)
			assertDiagnostics(t, diagnostics, wanted{})
			if got := notes(mock)["ours"]; got != 0 {
				t.Errorf("%d tokens are left", got)
			}
		}
	})
}

// TestHubs_tokenMayDoNoMoreThanAsked asks for less than all, which the first
// Hubs ignore.
func TestHubs_tokenMayDoNoMoreThanAsked(t *testing.T) {
	t.Parallel()
	onEachHub(t, func(t *testing.T, major int, mock *mock, w wire) {
		t.Helper()
		for argument, values := range map[string][]any{"scopes": {"access:services!service=dask-gateway"}, "roles": {"token"}} {
			config := map[string]any{"note": "less", argument: values}
			want := wanted{}
			if major == 1 || major == 2 && argument == "scopes" {
				want = errorAt(`AttributeName("`+argument+`")`, "Leave out "+argument)
			}
			made, diagnostics := w.apply(t.Context(), t, hubToken, w.none(t), config)
			assertDiagnostics(t, diagnostics, want)
			opened, diagnostics := w.open(t.Context(), t, hubToken, config)
			assertDiagnostics(t, diagnostics, want)
			if want == (wanted{}) {
				assertDiagnostics(t, w.close(t, opened), wanted{})
				_, diagnostics = w.apply(t.Context(), t, hubToken, made, nil)
				assertDiagnostics(t, diagnostics, wanted{})
			}
			if got := notes(mock)["less"]; got != 0 {
				t.Errorf("%s: %d tokens are left", argument, got)
			}
		}
	})
}

// TestHubs_refusals are what a person reads whose scopes or token are wrong.
func TestHubs_refusals(t *testing.T) {
	t.Parallel()
	onEachHub(t, func(t *testing.T, major int, mock *mock, w wire) {
		t.Helper()
		want := errorAt("", "Scope 'nope' for token does not exist")
		switch {
		case major < 3:
			want = errorAt(`AttributeName("scopes")`, "Leave out scopes")
		case major < 5:
			want = errorAt("", "Before JupyterHub 5, this is the answer to scopes that do not exist")
		}
		_, diagnostics := w.apply(t.Context(), t, hubToken, w.none(t), map[string]any{"note": "bad", "scopes": []any{"nope"}})
		assertDiagnostics(t, diagnostics, want)
		if got := notes(mock)["bad"]; got != 0 {
			t.Errorf("%d tokens are left", got)
		}

		mock.ClearRequests()
		w = newWire(t, map[string]any{"address": mock.GatewayURL(), "api_token": "garbage"})
		_, diagnostics = w.apply(t.Context(), t, hubToken, w.none(t), map[string]any{"note": "bad"})
		assertDiagnostics(t, diagnostics, errorAt("", "did not accept the credentials from api_token in the provider block"))
		if got := mock.CountRequests(http.MethodGet, "*"); got != 1 {
			t.Errorf("a wrong token was tried %d times", got)
		}
	})
}

// TestHubs_clusters makes a cluster on the gateway behind each Hub.
func TestHubs_clusters(t *testing.T) {
	t.Parallel()
	onEachHub(t, func(t *testing.T, _ int, mock *mock, w wire) {
		t.Helper()
		made, diagnostics := w.apply(t.Context(), t, daskCluster, w.none(t), map[string]any{})
		assertDiagnostics(t, diagnostics, wanted{})
		_, diagnostics = w.apply(t.Context(), t, daskCluster, made, nil)
		assertDiagnostics(t, diagnostics, wanted{})
		assertNothingRuns(t, mock)
	})
}

// TestHubs_servers starts and stops servers on each Hub, of which those before 6
// take the whole body for the options.
func TestHubs_servers(t *testing.T) {
	t.Parallel()
	onEachHub(t, func(t *testing.T, _ int, mock *mock, w wire) {
		t.Helper()
		for _, config := range []map[string]any{{"name": "gpu", "user_options": map[string]any{"profile": "small"}}, {"name": "plain"}} {
			made, diagnostics := w.apply(t.Context(), t, hubServer, w.none(t), config)
			assertDiagnostics(t, diagnostics, wanted{})
			read, diagnostics := w.read(t, hubServer, made)
			assertDiagnostics(t, diagnostics, wanted{})
			if plan := w.plan(t, hubServer, read, config); hasError(plan.Diagnostics) || len(plan.RequiresReplace) > 0 {
				t.Errorf("a second plan of %v replaces the server for %v", config, plan.RequiresReplace)
			}
			if config["name"] == "gpu" && fmt.Sprint(mock.HubServers("alice")[0].Options) != "map[profile:small]" {
				t.Errorf("the Hub has the options %v", mock.HubServers("alice")[0].Options)
			}
			_, diagnostics = w.apply(t.Context(), t, hubServer, read, nil)
			assertDiagnostics(t, diagnostics, wanted{})
		}
		for _, server := range mock.HubServers("alice") {
			if server.Ready {
				t.Errorf("the server %q is left", server.Name)
			}
		}
		_, diagnostics := w.apply(t.Context(), t, hubServer, w.none(t), map[string]any{"name": "gpu", "user_options": map[string]any{"profile": "broken"}})
		assertDiagnostics(t, diagnostics, errorAt("", "no node has room for it"))
	})
}

// TestHubs_users reads whom the token belongs to. The first Hubs know neither
// roles nor scopes, and JupyterHub 1 tells of servers only who asks by name.
func TestHubs_users(t *testing.T) {
	t.Parallel()
	onEachHub(t, func(t *testing.T, major int, mock *mock, w wire) {
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
			state, diagnostics := w.readData(t, "pc_hub_user", config)
			assertDiagnostics(t, diagnostics, wanted{})
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
