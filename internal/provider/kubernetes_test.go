// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// startKubernetes starts a gateway whose caches lag behind, by the clock of the
// provider that it returns beside it.
func startKubernetes(t *testing.T, kubernetes mockserver.Kubernetes) (*mockserver.Server, wire) {
	t.Helper()
	c := clock.NewFake(clock.Real().Now())
	server, err := mockserver.Start(mockserver.Config{Kubernetes: &kubernetes, Now: c.Now, LongPoll: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server, newWireWith(t, c, map[string]any{"address": server.GatewayURL(), "api_token": server.NewToken("alice")})
}

func assertEnded(t *testing.T, server *mockserver.Server) {
	t.Helper()
	for _, each := range server.Clusters("alice") {
		if each.Status != "STOPPED" {
			t.Errorf("the cluster %s is left behind, %s", each.Name, each.Status)
		}
	}
}

// TestKubernetes_destroySeesTheClusterFirst destroys what no replica knows yet:
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
			made, diagnostics := w.apply(t.Context(), t, daskCluster, w.none(t), map[string]any{})
			if !hasError(diagnostics) {
				t.Fatal("the wait was not forbidden")
			}
			_, diagnostics = w.apply(t.Context(), t, daskCluster, made, nil)
			assertDiagnostics(t, diagnostics, wanted{})
			assertEnded(t, server)
		})
	}
}

// TestKubernetes_aRestartForgetsNothing refreshes while the gateway's cache
// fills, one cluster in a second.
func TestKubernetes_aRestartForgetsNothing(t *testing.T) {
	t.Parallel()
	server, w := startKubernetes(t, mockserver.Kubernetes{CacheFillTime: time.Second})
	var all []instance
	for range 6 {
		made, diagnostics := w.apply(t.Context(), t, daskCluster, w.none(t), map[string]any{})
		assertDiagnostics(t, diagnostics, wanted{})
		all = append(all, made)
	}
	for _, each := range slices.Backward(all) {
		server.RestartGateway()
		read, diagnostics := w.read(t, daskCluster, each)
		assertDiagnostics(t, diagnostics, wanted{})
		if got, want := w.text(t, daskCluster, read.state, "name"), w.text(t, daskCluster, each.state, "name"); got != want {
			t.Errorf("the state has %q, want %q", got, want)
		}
	}
	for _, each := range all {
		server.RestartGateway()
		_, diagnostics := w.apply(t.Context(), t, daskCluster, each, nil)
		assertDiagnostics(t, diagnostics, wanted{})
	}
	assertEnded(t, server)
}

// TestKubernetes_aLostAnswerIsFoundWhenTheCacheHasIt loses the answer to the
// POST in front of a cache that lags behind.
func TestKubernetes_aLostAnswerIsFoundWhenTheCacheHasIt(t *testing.T) {
	t.Parallel()
	server, w := startKubernetes(t, mockserver.Kubernetes{CacheLags: []time.Duration{5 * time.Second}})
	server.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropAfterHandling})
	made, diagnostics := w.apply(t.Context(), t, daskCluster, w.none(t), map[string]any{})
	assertDiagnostics(t, diagnostics, warningAt("", "was taken over"))
	clusters := server.Clusters("alice")
	if len(clusters) != 1 || w.text(t, daskCluster, made.state, "name") != clusters[0].Name {
		t.Errorf("the gateway has %v", clusters)
	}
}
