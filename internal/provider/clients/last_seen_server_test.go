// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// TestDaskCluster_isKeptAtAnotherGateway changes the address in the provider block
// to another gateway, which does not have the cluster.
func TestDaskCluster_isKeptAtAnotherGateway(t *testing.T) {
	t.Parallel()
	original, elsewhere := providertest.StartMock(t, mockserver.Config{}), providertest.StartMock(t, mockserver.Config{})
	originalClient, otherClient := providertest.NewClient(t, providertest.Block(original)), providertest.NewClient(t, providertest.Block(elsewhere))
	created, diagnostics := originalClient.Apply(t.Context(), t, "pc_dask_cluster", originalClient.None(t), map[string]any{})
	providertest.AssertNoDiagnostics(t, diagnostics)
	name := originalClient.Text(t, "pc_dask_cluster", created.State, "name")
	wantMoved := providertest.ErrorAt("", "does not list it, but it was last seen at "+strings.Trim(strings.TrimPrefix(original.GatewayURL(), "http://"), "/"))

	read, diagnostics := otherClient.Read(t, "pc_dask_cluster", created)
	providertest.AssertDiagnostics(t, diagnostics, wantMoved)
	if got := otherClient.Text(t, "pc_dask_cluster", read.State, "name"); got != name {
		t.Errorf("the state has the cluster %q", got)
	}
	_, diagnostics = otherClient.Apply(t.Context(), t, "pc_dask_cluster", created, nil)
	providertest.AssertDiagnostics(t, diagnostics, wantMoved)

	_, diagnostics = originalClient.Apply(t.Context(), t, "pc_dask_cluster", created, nil)
	providertest.AssertNoDiagnostics(t, diagnostics)
	if item := original.Clusters("alice")[0]; item.Status != "STOPPED" {
		t.Errorf("the cluster is %s", item.Status)
	}
}

// TestHub_resourcesAreKeptAtAnotherHub changes hub_address to another Hub, which has
// neither the token nor the server.
func TestHub_resourcesAreKeptAtAnotherHub(t *testing.T) {
	t.Parallel()
	for typeName, test := range map[string]struct {
		config    map[string]any
		countLeft func(*providertest.Mock) int
	}{
		"pc_hub_token": {map[string]any{"note": "ours", "expires_in": "1h"}, func(m *providertest.Mock) int {
			return len(slices.DeleteFunc(m.Tokens("alice"), func(item mockserver.Token) bool { return item.Note != "ours" }))
		}},
		"pc_hub_server": {map[string]any{"name": "gpu"}, func(m *providertest.Mock) int {
			return len(slices.DeleteFunc(m.HubServers("alice"), func(item mockserver.HubServer) bool { return !item.Ready }))
		}},
	} {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			original, elsewhere := providertest.StartMock(t, mockserver.Config{}), providertest.StartMock(t, mockserver.Config{})
			originalClient, otherClient := providertest.NewClient(t, providertest.Block(original)), providertest.NewClient(t, providertest.Block(elsewhere))
			created, diagnostics := originalClient.Apply(t.Context(), t, typeName, originalClient.None(t), test.config)
			providertest.AssertNoDiagnostics(t, diagnostics)
			wantMoved := providertest.ErrorAt("", "set hub_address in the provider block back to it")
			_, diagnostics = otherClient.Read(t, typeName, created)
			providertest.AssertDiagnostics(t, diagnostics, wantMoved)
			_, diagnostics = otherClient.Apply(t.Context(), t, typeName, created, nil)
			providertest.AssertDiagnostics(t, diagnostics, wantMoved)
			if left := test.countLeft(original); left != 1 {
				t.Fatalf("%d are left", left)
			}
			_, diagnostics = originalClient.Apply(t.Context(), t, typeName, created, nil)
			providertest.AssertNoDiagnostics(t, diagnostics)
			if left := test.countLeft(original); left != 0 {
				t.Errorf("%d are left", left)
			}
		})
	}
}

// TestHubServer_isDistinguishedFromOneWithSameName changes hub_address to a Hub where the same
// user runs a server of the same name.
func TestHubServer_isDistinguishedFromOneWithSameName(t *testing.T) {
	t.Parallel()
	original, elsewhere := providertest.StartMock(t, mockserver.Config{}), providertest.StartMock(t, mockserver.Config{})
	originalClient, otherClient := providertest.NewClient(t, providertest.Block(original)), providertest.NewClient(t, providertest.Block(elsewhere))
	created, diagnostics := originalClient.Apply(t.Context(), t, providertest.ServerType, originalClient.None(t), map[string]any{"name": "gpu"})
	providertest.AssertNoDiagnostics(t, diagnostics)
	elsewhere.Advance(time.Minute)
	elsewhere.StartHubServer("alice", "gpu", `{}`)
	const running = `[{Name:gpu Pending: Ready:true Options:map[]}]`

	wantMoved := providertest.ErrorAt("", "the server gpu of alice that was started at "+originalClient.Text(t, providertest.ServerType, created.State, "started_at"))
	read, diagnostics := otherClient.Read(t, providertest.ServerType, created)
	providertest.AssertDiagnostics(t, diagnostics, wantMoved)
	_, diagnostics = otherClient.Apply(t.Context(), t, providertest.ServerType, read, nil)
	providertest.AssertDiagnostics(t, diagnostics, wantMoved)
	elsewhere.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/users/alice", Status: http.StatusForbidden})
	_, diagnostics = otherClient.Apply(t.Context(), t, providertest.ServerType, read, nil)
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "The server gpu of alice was not stopped"))
	if err := providertest.ServersAre(elsewhere, running)(); err != nil {
		t.Error(err)
	}

	_, diagnostics = originalClient.Apply(t.Context(), t, providertest.ServerType, read, nil)
	providertest.AssertNoDiagnostics(t, diagnostics)
	if err := providertest.ServersAre(original, strings.Replace(running, "true", "false", 1))(); err != nil {
		t.Error(err)
	}
}

// TestHubServer_acceptsNewAddressOfItsHub reads a server by another address of its Hub, and
// then accepts the absence that this address reports.
func TestHubServer_acceptsNewAddressOfItsHub(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	first, block := providertest.NewClient(t, providertest.Block(mock)), providertest.Block(mock)
	block["hub_address"] = strings.Replace(mock.URL(), "127.0.0.1", "localhost", 1)
	second := providertest.NewClient(t, block)
	created, diagnostics := first.Apply(t.Context(), t, providertest.ServerType, first.None(t), map[string]any{"name": "gpu"})
	providertest.AssertNoDiagnostics(t, diagnostics)
	moved, diagnostics := second.Read(t, providertest.ServerType, created)
	providertest.AssertNoDiagnostics(t, diagnostics)
	mock.CullHubServer("alice", "gpu")
	mock.Advance(time.Minute)
	mock.StartHubServer("alice", "gpu", `{}`)
	read, diagnostics := second.Read(t, providertest.ServerType, moved)
	providertest.AssertNoDiagnostics(t, diagnostics)
	_, diagnostics = second.Apply(t.Context(), t, providertest.ServerType, read, nil)
	providertest.AssertNoDiagnostics(t, diagnostics)
	if mock.HubServers("alice")[0].Ready {
		t.Error("the server is still running")
	}
}

// TestHubToken_expiresAtEveryHub lets a token expire, which needs no confirmation by its
// Hub.
func TestHubToken_expiresAtEveryHub(t *testing.T) {
	t.Parallel()
	original, elsewhere := providertest.StartMock(t, mockserver.Config{}), providertest.StartMock(t, mockserver.Config{})
	fake := clock.NewFake(clock.Real().Now())
	originalClient, otherClient := providertest.NewClient(t, providertest.Block(original)), providertest.NewClientWith(t, fake, providertest.Block(elsewhere))
	created, diagnostics := originalClient.Apply(t.Context(), t, "pc_hub_token", originalClient.None(t), map[string]any{"note": "ours", "expires_in": "1h"})
	providertest.AssertNoDiagnostics(t, diagnostics)
	fake.Advance(2 * time.Hour)
	_, diagnostics = otherClient.Read(t, "pc_hub_token", created)
	providertest.AssertDiagnostics(t, diagnostics, providertest.WarningAt("", "it was revoked or it expired"))
	_, diagnostics = otherClient.Apply(t.Context(), t, "pc_hub_token", created, nil)
	providertest.AssertNoDiagnostics(t, diagnostics)
}

// TestDaskCluster_acceptsNewAddressOfItsGateway reads a cluster by another address of its
// gateway, and then accepts the absence that this address reports.
func TestDaskCluster_acceptsNewAddressOfItsGateway(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	first := providertest.NewClient(t, providertest.Block(mock))
	second := providertest.NewClient(t, map[string]any{
		"address": strings.Replace(mock.GatewayURL(), "127.0.0.1", "localhost", 1), "api_token": mock.NewToken("alice"),
	})
	created, diagnostics := first.Apply(t.Context(), t, "pc_dask_cluster", first.None(t), map[string]any{})
	providertest.AssertNoDiagnostics(t, diagnostics)
	moved, diagnostics := second.Read(t, "pc_dask_cluster", created)
	providertest.AssertNoDiagnostics(t, diagnostics)
	mock.DeleteClusterRecord(mock.Clusters("alice")[0].Name)
	gone, diagnostics := second.Read(t, "pc_dask_cluster", moved)
	providertest.AssertDiagnostics(t, diagnostics, providertest.WarningAt("", "The gateway no longer has it"))
	if got := second.Text(t, "pc_dask_cluster", gone.State, "name"); got != "" {
		t.Errorf("the state has the cluster %q", got)
	}
}
