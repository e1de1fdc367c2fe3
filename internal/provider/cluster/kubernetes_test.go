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

// startKubernetes starts a gateway whose caches lag behind. The returned client uses
// the gateway's clock.
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
	for _, cluster := range server.Clusters("alice") {
		if cluster.Status != "STOPPED" {
			t.Errorf("the cluster %s is %s, want STOPPED", cluster.Name, cluster.Status)
		}
	}
}

// TestKubernetes_destroyWaitsForTheCache destroys a cluster that no replica has cached
// yet: the gateway responds to the DELETE with 204 and stops nothing.
func TestKubernetes_destroyWaitsForTheCache(t *testing.T) {
	t.Parallel()
	for name, lags := range map[string][]time.Duration{
		"one replica":  {5 * time.Second},
		"two replicas": {time.Second, 6 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := startKubernetes(t, mockserver.Kubernetes{CacheLags: lags})
			// The wait for RUNNING is forbidden, so that the state has a cluster
			// that no replica has returned.
			server.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/clusters/prod.*", Status: http.StatusForbidden})
			created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{})
			if !providertest.HasError(diagnostics) {
				t.Fatal("the wait was not forbidden")
			}
			_, diagnostics = client.Apply(t.Context(), t, providertest.ClusterType, created, nil)
			providertest.AssertNoDiagnostics(t, diagnostics)
			assertEnded(t, server)
		})
	}
}

// TestKubernetes_restartKeepsClusters refreshes while the gateway's cache
// fills at a rate of one cluster per second.
func TestKubernetes_restartKeepsClusters(t *testing.T) {
	t.Parallel()
	server, client := startKubernetes(t, mockserver.Kubernetes{CacheFillTime: time.Second})
	var created []providertest.Instance
	for range 6 {
		instance, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{})
		providertest.AssertNoDiagnostics(t, diagnostics)
		created = append(created, instance)
	}
	for _, instance := range slices.Backward(created) {
		server.RestartGateway()
		read, diagnostics := client.Read(t, providertest.ClusterType, instance)
		providertest.AssertNoDiagnostics(t, diagnostics)
		if got, want := client.Text(t, providertest.ClusterType, read.State, "name"), client.Text(t, providertest.ClusterType, instance.State, "name"); got != want {
			t.Errorf("the state has %q, want %q", got, want)
		}
	}
	for _, instance := range created {
		server.RestartGateway()
		_, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, instance, nil)
		providertest.AssertNoDiagnostics(t, diagnostics)
	}
	assertEnded(t, server)
}

// TestKubernetes_adoptsTheClusterOnceItIsCached loses the response to the POST, and
// the cache lags behind.
func TestKubernetes_adoptsTheClusterOnceItIsCached(t *testing.T) {
	t.Parallel()
	server, client := startKubernetes(t, mockserver.Kubernetes{CacheLags: []time.Duration{5 * time.Second}})
	server.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropAfterHandling})
	created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{})
	providertest.AssertDiagnostics(t, diagnostics, providertest.WarningAt("", "was taken over"))
	clusters := server.Clusters("alice")
	if len(clusters) != 1 || client.Text(t, providertest.ClusterType, created.State, "name") != clusters[0].Name {
		t.Errorf("the gateway has %v", clusters)
	}
}
