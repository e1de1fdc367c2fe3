// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/mockserver"
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
	mock.ForgetCluster(mock.Clusters("alice")[0].Name)
	gone, diagnostics := second.read(t, "pc_dask_cluster", moved)
	assertDiagnostics(t, diagnostics, warningAt("", "The gateway no longer knows it"))
	if got := second.text(t, "pc_dask_cluster", gone.state, "name"); got != "" {
		t.Errorf("the state has the cluster %q", got)
	}
}
