// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// startKubernetes starts a gateway whose caches lag behind, by the clock of the
// provider that it returns beside it.
func startKubernetes(t *testing.T, kubernetes mockserver.Kubernetes) (*mockserver.Server, providertest.Client) {
	t.Helper()
	c := clock.NewFake(clock.Real().Now())
	server, err := mockserver.Start(mockserver.Config{Kubernetes: &kubernetes, Now: c.Now, LongPoll: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server, providertest.NewClientWith(t, c, map[string]any{"address": server.GatewayURL(), "api_token": server.NewToken("alice")})
}

func assertEnded(t *testing.T, server *mockserver.Server) {
	t.Helper()
	for _, each := range server.Clusters("alice") {
		if each.Status != "STOPPED" {
			t.Errorf("the cluster %s is left behind, %s", each.Name, each.Status)
		}
	}
}

// TestKubernetes_destroySeesTheClusterFirst destroys a cluster that no replica has cached yet:
// the DELETE is answered with 204 and stops nothing.
func TestKubernetes_destroySeesTheClusterFirst(t *testing.T) {
	t.Parallel()
	for name, lags := range map[string][]time.Duration{
		"one replica":  {5 * time.Second},
		"two replicas": {time.Second, 6 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, w := startKubernetes(t, mockserver.Kubernetes{CacheLags: lags})
			// The wait for RUNNING is forbidden, so that the state has a cluster
			// that nobody has seen.
			server.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/clusters/prod.*", Status: http.StatusForbidden})
			made, diagnostics := w.Apply(t.Context(), t, providertest.ClusterType, w.None(t), map[string]any{})
			if !providertest.HasError(diagnostics) {
				t.Fatal("the wait was not forbidden")
			}
			_, diagnostics = w.Apply(t.Context(), t, providertest.ClusterType, made, nil)
			providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
			assertEnded(t, server)
		})
	}
}

// TestKubernetes_restartKeepsClusters refreshes while the gateway's cache
// fills, one cluster in a second.
func TestKubernetes_restartKeepsClusters(t *testing.T) {
	t.Parallel()
	server, w := startKubernetes(t, mockserver.Kubernetes{CacheFillTime: time.Second})
	var all []providertest.Instance
	for range 6 {
		made, diagnostics := w.Apply(t.Context(), t, providertest.ClusterType, w.None(t), map[string]any{})
		providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
		all = append(all, made)
	}
	for _, each := range slices.Backward(all) {
		server.RestartGateway()
		read, diagnostics := w.Read(t, providertest.ClusterType, each)
		providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
		if got, want := w.Text(t, providertest.ClusterType, read.State, "name"), w.Text(t, providertest.ClusterType, each.State, "name"); got != want {
			t.Errorf("the state has %q, want %q", got, want)
		}
	}
	for _, each := range all {
		server.RestartGateway()
		_, diagnostics := w.Apply(t.Context(), t, providertest.ClusterType, each, nil)
		providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
	}
	assertEnded(t, server)
}

// TestKubernetes_aLostAnswerIsFoundWhenTheCacheHasIt loses the answer to the
// POST in front of a cache that lags behind.
func TestKubernetes_aLostAnswerIsFoundWhenTheCacheHasIt(t *testing.T) {
	t.Parallel()
	server, w := startKubernetes(t, mockserver.Kubernetes{CacheLags: []time.Duration{5 * time.Second}})
	server.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropAfterHandling})
	made, diagnostics := w.Apply(t.Context(), t, providertest.ClusterType, w.None(t), map[string]any{})
	providertest.AssertDiagnostics(t, diagnostics, providertest.WarningAt("", "was taken over"))
	clusters := server.Clusters("alice")
	if len(clusters) != 1 || w.Text(t, providertest.ClusterType, made.State, "name") != clusters[0].Name {
		t.Errorf("the gateway has %v", clusters)
	}
}
