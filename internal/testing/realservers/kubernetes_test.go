// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration_k8s

package realservers_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// Creates a cluster in each phase, delays the gateway's cache, and restarts the gateway.
func TestKubernetes_gatewayLagsAndSurvivesRestart(t *testing.T) {
	t.Parallel()
	inst, err := realservers.Install(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := realservers.StartKubernetes(t.Context(), inst, os.Getenv("KUBE_APISERVER"), realservers.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Stop)
	submit := func(options string) string {
		output, err := stack.Python(t.Context(), "from dask_gateway import Gateway\nprint(Gateway().submit("+options+"))")
		if err != nil {
			t.Fatalf("%v\n%s", err, stack.Logs())
		}
		return strings.TrimSpace(string(output))
	}
	running := submit("")
	failing := submit(`profile="broken"`)
	pending := submit(`profile="stuck"`)
	awaitPhases(t, stack, map[string]string{running: "Running", failing: "Failed", pending: "Pending"})

	stack.SetWatchLag(2 * time.Second)
	start := clock.Real().Now()
	late := submit("")
	status := clusterStatus(t, stack, late)
	// A slow machine may have sent the request after the lag.
	if took := clock.Real().Now().Sub(start); status != http.StatusNotFound && took < 2*time.Second {
		t.Errorf("%s after its POST, GET returns %d", took, status)
	}
	stack.SetWatchLag(0)

	if err := stack.Kill(t.Context(), "gateway"); err != nil {
		t.Fatal(err)
	}
	if err := stack.Restart(t.Context(), "gateway"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{running, failing, pending, late} {
		for clusterStatus(t, stack, name) != http.StatusOK {
			if err := clock.Real().Sleep(t.Context(), 20*time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// clusterStatus returns the status of the gateway's response for a cluster.
func clusterStatus(t *testing.T, stack *realservers.Kubernetes, name string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, stack.GatewayURL+"api/v1/clusters/"+name, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("alice", stack.Password)
	response, err := (&http.Client{}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// awaitPhases returns when the API server has the clusters in their phases.
func awaitPhases(t *testing.T, stack *realservers.Kubernetes, want map[string]string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		clusters, err := stack.Clusters(ctx)
		if err != nil {
			t.Fatal(err)
		}
		matching := 0
		for _, cluster := range clusters {
			if want[cluster.Name] == cluster.Phase {
				matching++
			}
		}
		if matching == len(want) {
			return
		}
		if clock.Real().Sleep(ctx, 20*time.Millisecond) != nil {
			t.Fatalf("the API server has %v, want %v\n%s", clusters, want, stack.Logs())
		}
	}
}
