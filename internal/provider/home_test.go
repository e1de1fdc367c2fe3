// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// TestDaskCluster_staysWithItsGateway changes the address in the provider block
// to another gateway, which knows nothing of the cluster.
func TestDaskCluster_staysWithItsGateway(t *testing.T) {
	t.Parallel()
	home, elsewhere := startMock(t, mockserver.Config{}), startMock(t, mockserver.Config{})
	atHome, away := newWire(t, block(home)), newWire(t, block(elsewhere))
	made, diagnostics := atHome.apply(t.Context(), t, "pc_dask_cluster", atHome.none(t), map[string]any{})
	assertDiagnostics(t, diagnostics, wanted{})
	name := atHome.text(t, "pc_dask_cluster", made.state, "name")
	notKnown := errorAt("", "does not know it, but it was last seen at "+strings.Trim(strings.TrimPrefix(home.GatewayURL(), "http://"), "/"))

	read, diagnostics := away.read(t, "pc_dask_cluster", made)
	assertDiagnostics(t, diagnostics, notKnown)
	if got := away.text(t, "pc_dask_cluster", read.state, "name"); got != name {
		t.Errorf("the state has the cluster %q", got)
	}
	_, diagnostics = away.apply(t.Context(), t, "pc_dask_cluster", made, nil)
	assertDiagnostics(t, diagnostics, notKnown)

	_, diagnostics = atHome.apply(t.Context(), t, "pc_dask_cluster", made, nil)
	assertDiagnostics(t, diagnostics, wanted{})
	if each := home.Clusters("alice")[0]; each.Status != "STOPPED" {
		t.Errorf("the cluster is %s", each.Status)
	}
}

// TestHub_staysWithItsHub changes hub_address to another Hub, which knows nothing
// of the token and the server.
func TestHub_staysWithItsHub(t *testing.T) {
	t.Parallel()
	for typeName, test := range map[string]struct {
		config map[string]any
		left   func(*mock) int
	}{
		"pc_hub_token": {map[string]any{"note": "ours", "expires_in": "1h"}, func(m *mock) int {
			return len(slices.DeleteFunc(m.Tokens("alice"), func(each mockserver.Token) bool { return each.Note != "ours" }))
		}},
		"pc_hub_server": {map[string]any{"name": "gpu"}, func(m *mock) int {
			return len(slices.DeleteFunc(m.HubServers("alice"), func(each mockserver.HubServer) bool { return !each.Ready }))
		}},
	} {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			ours, elsewhere := startMock(t, mockserver.Config{}), startMock(t, mockserver.Config{})
			atHome, away := newWire(t, block(ours)), newWire(t, block(elsewhere))
			made, diagnostics := atHome.apply(t.Context(), t, typeName, atHome.none(t), test.config)
			assertDiagnostics(t, diagnostics, wanted{})
			notKnown := errorAt("", "set hub_address in the provider block back to it")
			_, diagnostics = away.read(t, typeName, made)
			assertDiagnostics(t, diagnostics, notKnown)
			_, diagnostics = away.apply(t.Context(), t, typeName, made, nil)
			assertDiagnostics(t, diagnostics, notKnown)
			if left := test.left(ours); left != 1 {
				t.Fatalf("%d are left", left)
			}
			_, diagnostics = atHome.apply(t.Context(), t, typeName, made, nil)
			assertDiagnostics(t, diagnostics, wanted{})
			if left := test.left(ours); left != 0 {
				t.Errorf("%d are left", left)
			}
		})
	}
}

// TestHubServer_isNotAnotherOfItsName changes hub_address to a Hub where the same
// user runs a server of the same name.
func TestHubServer_isNotAnotherOfItsName(t *testing.T) {
	t.Parallel()
	ours, elsewhere := startMock(t, mockserver.Config{}), startMock(t, mockserver.Config{})
	atHome, away := newWire(t, block(ours)), newWire(t, block(elsewhere))
	made, diagnostics := atHome.apply(t.Context(), t, hubServer, atHome.none(t), map[string]any{"name": "gpu"})
	assertDiagnostics(t, diagnostics, wanted{})
	elsewhere.Advance(time.Minute)
	elsewhere.StartHubServer("alice", "gpu", `{}`)
	const running = `[{Name:gpu Pending: Ready:true Options:map[]}]`

	notKnown := errorAt("", "the server gpu of alice that was started at "+atHome.text(t, hubServer, made.state, "started_at"))
	read, diagnostics := away.read(t, hubServer, made)
	assertDiagnostics(t, diagnostics, notKnown)
	_, diagnostics = away.apply(t.Context(), t, hubServer, read, nil)
	assertDiagnostics(t, diagnostics, notKnown)
	elsewhere.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/users/alice", Status: http.StatusForbidden})
	_, diagnostics = away.apply(t.Context(), t, hubServer, read, nil)
	assertDiagnostics(t, diagnostics, errorAt("", "The server gpu of alice was not stopped"))
	if err := serverIs(elsewhere, running)(); err != nil {
		t.Error(err)
	}

	_, diagnostics = atHome.apply(t.Context(), t, hubServer, read, nil)
	assertDiagnostics(t, diagnostics, wanted{})
	if err := serverIs(ours, strings.Replace(running, "true", "false", 1))(); err != nil {
		t.Error(err)
	}
}

// TestHubServer_movesWithItsHub reads a server by another address of its Hub, which
// is believed from then on.
func TestHubServer_movesWithItsHub(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	first, both := newWire(t, block(mock)), block(mock)
	both["hub_address"] = strings.Replace(mock.URL(), "127.0.0.1", "localhost", 1)
	second := newWire(t, both)
	made, diagnostics := first.apply(t.Context(), t, hubServer, first.none(t), map[string]any{"name": "gpu"})
	assertDiagnostics(t, diagnostics, wanted{})
	moved, diagnostics := second.read(t, hubServer, made)
	assertDiagnostics(t, diagnostics, wanted{})
	mock.CullHubServer("alice", "gpu")
	mock.Advance(time.Minute)
	mock.StartHubServer("alice", "gpu", `{}`)
	read, diagnostics := second.read(t, hubServer, moved)
	assertDiagnostics(t, diagnostics, wanted{})
	_, diagnostics = second.apply(t.Context(), t, hubServer, read, nil)
	assertDiagnostics(t, diagnostics, wanted{})
	if mock.HubServers("alice")[0].Ready {
		t.Error("it runs still")
	}
}

// TestHubToken_endsElsewhereToo lets a token end by itself, which it does at any
// Hub.
func TestHubToken_endsElsewhereToo(t *testing.T) {
	t.Parallel()
	ours, elsewhere := startMock(t, mockserver.Config{}), startMock(t, mockserver.Config{})
	passing := clock.NewFake(clock.Real().Now())
	atHome, away := newWire(t, block(ours)), newWireWith(t, passing, block(elsewhere))
	made, diagnostics := atHome.apply(t.Context(), t, "pc_hub_token", atHome.none(t), map[string]any{"note": "ours", "expires_in": "1h"})
	assertDiagnostics(t, diagnostics, wanted{})
	passing.Advance(2 * time.Hour)
	_, diagnostics = away.read(t, "pc_hub_token", made)
	assertDiagnostics(t, diagnostics, warningAt("", "it was revoked or it expired"))
	_, diagnostics = away.apply(t.Context(), t, "pc_hub_token", made, nil)
	assertDiagnostics(t, diagnostics, wanted{})
}

// TestDaskCluster_movesWithItsGateway reads a cluster by another address of its
// gateway, which is believed from then on.
func TestDaskCluster_movesWithItsGateway(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	first := newWire(t, block(mock))
	second := newWire(t, map[string]any{
		"address": strings.Replace(mock.GatewayURL(), "127.0.0.1", "localhost", 1), "api_token": mock.NewToken("alice"),
	})
	made, diagnostics := first.apply(t.Context(), t, "pc_dask_cluster", first.none(t), map[string]any{})
	assertDiagnostics(t, diagnostics, wanted{})
	moved, diagnostics := second.read(t, "pc_dask_cluster", made)
	assertDiagnostics(t, diagnostics, wanted{})
	mock.DeleteClusterRecord(mock.Clusters("alice")[0].Name)
	gone, diagnostics := second.read(t, "pc_dask_cluster", moved)
	assertDiagnostics(t, diagnostics, warningAt("", "The gateway no longer knows it"))
	if got := second.text(t, "pc_dask_cluster", gone.state, "name"); got != "" {
		t.Errorf("the state has the cluster %q", got)
	}
}
