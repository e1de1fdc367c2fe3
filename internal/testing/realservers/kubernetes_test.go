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

// TestKubernetes is one stack's life: what it makes, how its gateway lags, and
// how it forgets and learns again when it is killed.
func TestKubernetes(t *testing.T) {
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
	runs := submit("")
	fails := submit(`profile="broken"`)
	waits := submit(`profile="stuck"`)
	await(t, stack, map[string]string{runs: "Running", fails: "Failed", waits: "Pending"})

	stack.SetWatchLag(2 * time.Second)
	began := clock.Real().Now()
	late := submit("")
	status := look(t, stack, late)
	// The machine may have been too slow to look within the lag.
	if took := clock.Real().Now().Sub(began); status != http.StatusNotFound && took < 2*time.Second {
		t.Errorf("%s after its POST, GET answers %d", took, status)
	}
	stack.SetWatchLag(0)

	if err := stack.Kill(t.Context(), "gateway"); err != nil {
		t.Fatal(err)
	}
	if err := stack.Restart(t.Context(), "gateway"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{runs, fails, waits, late} {
		for look(t, stack, name) != http.StatusOK {
			if err := clock.Real().Sleep(t.Context(), 20*time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// look returns what the gateway answers to a look at a cluster.
func look(t *testing.T, stack *realservers.Kubernetes, name string) int {
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

// await returns when the API server has the clusters in their phases.
func await(t *testing.T, stack *realservers.Kubernetes, want map[string]string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		clusters, err := stack.Clusters(ctx)
		if err != nil {
			t.Fatal(err)
		}
		right := 0
		for _, cluster := range clusters {
			if want[cluster.Name] == cluster.Phase {
				right++
			}
		}
		if right == len(want) {
			return
		}
		if clock.Real().Sleep(ctx, 20*time.Millisecond) != nil {
			t.Fatalf("the API server has %v, want %v\n%s", clusters, want, stack.Logs())
		}
	}
}
