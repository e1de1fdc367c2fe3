// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/faults"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	clusterCount           = 200
	kubernetesClusterCount = 60
	// maxRuns is how often a command is repeated until it succeeds. A request that
	// is lost before the gateway creates anything is an error.
	maxRuns = 8
)

func clustersWith(count, workers int) string {
	return fmt.Sprintf("resource \"pc_dask_cluster\" \"many\" {\n  count = %d\n  workers = %d\n}\n", count, workers)
}

// runUntilSuccess repeats the command until it succeeds, like a pipeline that is
// restarted.
func runUntilSuccess(t *testing.T, workspace *terraform.Workspace, arguments ...string) {
	t.Helper()
	arguments = append(arguments, "-auto-approve", "-no-color", "-parallelism=50")
	for range maxRuns {
		run := workspace.Run(arguments...)
		if run.Code == 0 {
			return
		}
		// Print the output in case a cluster is lost.
		t.Logf("terraform %v:\n%s", arguments, run.Output)
	}
	t.Fatalf("terraform %v fails %d times in a row:\n%s", arguments, maxRuns, workspace.Run(arguments...).Output)
}

// Terraform creates, resizes and destroys 200 clusters with 50 parallel requests,
// while one response in twenty fails in one of several ways. It does the same with
// fewer clusters on a Kubernetes gateway whose replicas lag behind each other by
// seconds.
func TestLoad_managesEveryCluster(t *testing.T) {
	t.Parallel()
	lagging := &mockserver.Kubernetes{CacheLags: []time.Duration{0, 4 * time.Second, 2 * time.Second}}
	for name, test := range map[string]struct {
		gateway mockserver.Config
		count   int
	}{
		"local":      {mockserver.Config{}, clusterCount},
		"Kubernetes": {mockserver.Config{Kubernetes: lagging, LongPoll: 10 * time.Millisecond}, kubernetesClusterCount},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			world := faults.NewWorld(t, test.gateway)
			failEveryNthResponse(world, 20)
			w := world.Workspace(clustersWith(test.count, 1))
			runUntilSuccess(t, w, "apply")
			assertManaged(t, world, w, test.count, 1)

			w.Write("main.tf", clustersWith(test.count, 3))
			runUntilSuccess(t, w, "apply")
			assertManaged(t, world, w, test.count, 3)

			runUntilSuccess(t, w, "destroy")
			if left := world.Running(); len(left) != 0 || len(w.Instances()) != 0 {
				t.Errorf("%d clusters are left on the gateway, %d in the state", len(left), len(w.Instances()))
			}
		})
	}
}

// failEveryNthResponse lets every nth response of the gateway fail, each time in a
// different way.
func failEveryNthResponse(world *faults.World, n int) {
	world.Mock.FailEvery(n,
		mockserver.Fault{Drop: mockserver.DropAfterHandling},
		mockserver.Fault{Status: http.StatusBadGateway, HandleRequest: true},
		mockserver.Fault{Drop: mockserver.DropMidResponse},
		mockserver.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}},
		mockserver.GatewayUnavailable(),
		mockserver.Fault{Status: http.StatusGatewayTimeout, HandleRequest: true},
		mockserver.Fault{Drop: mockserver.DropBeforeHandling},
		mockserver.Fault{Status: http.StatusInternalServerError},
	)
}

// assertManaged asserts that the gateway runs exactly the clusters in the state,
// with the expected number of workers each.
func assertManaged(t *testing.T, world *faults.World, workspace *terraform.Workspace, clusters int, workers int64) {
	t.Helper()
	known := map[string]bool{}
	for _, each := range workspace.Instances() {
		name, _ := each.Attributes["name"].(string)
		known[name] = true
	}
	running := world.Running()
	if len(known) != clusters || len(running) != clusters {
		t.Errorf("the state has %d clusters, the gateway runs %d, want %d", len(known), len(running), clusters)
	}
	for _, each := range running {
		if !known[each.Name] {
			t.Errorf("%s runs and is in no state", each.Name)
		}
		if each.RequestedWorkers != workers {
			t.Errorf("%[2]d workers were requested for %[1]s, want %[3]d", each.Name, each.RequestedWorkers, workers)
		}
	}
}

// The gateway rejects every third request with 429. Each rejection costs exactly
// one more request.
func TestRateLimit_retriesEachRejectionOnce(t *testing.T) {
	t.Parallel()
	count := func(limited bool) (requests, refused int) {
		world := faults.NewWorld(t, mockserver.Config{})
		w := world.Workspace(clustersWith(kubernetesClusterCount, 1))
		w.Write("provider.tf", world.ProviderBlock("max_retries = 20"))
		if limited {
			world.Mock.FailEvery(3, mockserver.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}})
		}
		w.Must("apply", "-auto-approve", "-no-color", "-parallelism=50")
		for _, request := range world.Mock.Requests() {
			requests++
			if request.Status == http.StatusTooManyRequests {
				refused++
			}
		}
		return requests, refused
	}
	freely, _ := count(false)
	limited, refused := count(true)
	if refused < kubernetesClusterCount {
		t.Errorf("only %d requests were refused", refused)
	}
	// Long polls that return early while a cluster starts change the number
	// slightly.
	if limited-refused > freely+kubernetesClusterCount/10 {
		t.Errorf("%d requests with %d refusals, but %d requests without refusals", limited, refused, freely)
	}
}
