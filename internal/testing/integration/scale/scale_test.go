// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package scale_test counts the requests for many resources, with the real
// terraform and the provider in a separate process.
package scale_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const resourceCount = 120

func TestMain(m *testing.M) { os.Exit(terraform.Main(m)) }

func applyConfig(t *testing.T, config string) (*terraform.Workspace, *mockserver.Server) {
	t.Helper()
	w := terraform.New(t)
	mock, err := mockserver.Start(mockserver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mock.Close)
	w.Setenv("PC_ADDRESS="+mock.GatewayURL(), "PC_HUB_ADDRESS="+mock.HubURL(), "PC_API_TOKEN="+mock.NewToken("alice"))
	w.Write("main.tf", config)
	return w, mock
}

// assertRequests asserts an upper limit of requests and prints them.
func assertRequests(t *testing.T, mock *mockserver.Server, limit int, when string) {
	t.Helper()
	requests := mock.Requests()
	if len(requests) == 0 || len(requests) > limit {
		var first []string
		for _, request := range requests[:min(10, len(requests))] {
			first = append(first, request.Method+" "+request.Path)
		}
		t.Errorf("%s: %d requests, want 1 to %d:\n%s", when, len(requests), limit, strings.Join(first, "\n"))
	}
}

// assertPlanSendsFewRequests allows two more requests for each further ten seconds,
// because a listing is not used for longer (share.maxListingAge). Only a busy machine needs
// more than ten seconds.
func assertPlanSendsFewRequests(t *testing.T, workspace *terraform.Workspace, mock *mockserver.Server, limit int, parallelism string) {
	t.Helper()
	mock.ClearRequests()
	began := clock.Real().Now()
	workspace.Must("plan", "-no-color", "-detailed-exitcode", parallelism)
	assertRequests(t, mock, limit+2*int(clock.Real().Now().Sub(began)/(10*time.Second)), parallelism)
}

func countRunning(mock *mockserver.Server) int {
	n := 0
	for _, cluster := range mock.Clusters("alice") {
		if cluster.Status == "RUNNING" {
			n++
		}
	}
	return n
}

func TestClusters_refreshSendsFewRequests(t *testing.T) {
	t.Parallel()
	w, mock := applyConfig(t, fmt.Sprintf("resource \"pc_dask_cluster\" \"many\" {\n  count = %d\n}\n", resourceCount))
	w.Must("apply", "-auto-approve", "-no-color", "-parallelism=50")
	options := mock.CountRequests(http.MethodGet, "*/options")
	if lists := mock.CountRequests(http.MethodGet, "*/clusters/"); lists > 2 || options == 0 || options > 2 {
		t.Errorf("%d clusters were created with %d listings and %d requests for the options", resourceCount, lists, options)
	}
	for _, parallelism := range []int{1, 10, 50} {
		assertPlanSendsFewRequests(t, w, mock, 3, fmt.Sprintf("-parallelism=%d", parallelism))
	}

	// A listing must not hide a cluster that has ended.
	clusters := mock.Clusters("alice")
	ended := clusters[resourceCount/2].Name
	mock.StopCluster(ended)
	mock.ClearRequests()
	result := w.Run("plan", "-no-color", "-detailed-exitcode")
	if result.Code != 2 || !strings.Contains(result.Flat(), "1 to add, 0 to change, 0 to destroy") || !strings.Contains(result.Flat(), ended) {
		t.Errorf("the plan ended with %d:\n%s", result.Code, result.Output)
	}
	w.Must("destroy", "-auto-approve", "-no-color", "-parallelism=50")
	if left := countRunning(mock); left != 0 {
		t.Errorf("%d clusters are left", left)
	}
}

func TestTokens_refreshSendsFewRequests(t *testing.T) {
	t.Parallel()
	w, mock := applyConfig(t, "resource \"pc_hub_token\" \"many\" {\n  count = 60\n  note  = \"token ${count.index}\"\n}\n")
	w.Apply()
	for _, parallelism := range []int{1, 10} {
		assertPlanSendsFewRequests(t, w, mock, 3, fmt.Sprintf("-parallelism=%d", parallelism))
	}
	gone := mock.Tokens("alice")[30].ID
	mock.RevokeToken("alice", gone)
	if result := w.Run("plan", "-no-color", "-detailed-exitcode"); result.Code != 2 || !strings.Contains(result.Flat(), "1 to add, 0 to change, 0 to destroy") {
		t.Errorf("the plan ended with %d:\n%s", result.Code, result.Output)
	}
	w.Destroy()
}

func TestServers_refreshSendsFewRequests(t *testing.T) {
	t.Parallel()
	w, mock := applyConfig(t, "resource \"pc_hub_server\" \"many\" {\n  count = 20\n  name  = \"s${count.index}\"\n}\n")
	w.Apply()
	for _, parallelism := range []int{1, 10} {
		assertPlanSendsFewRequests(t, w, mock, 4, fmt.Sprintf("-parallelism=%d", parallelism))
	}
	w.Destroy()
}

// More clusters are created in parallel than there are connections.
func TestConnections_serveMoreWaitsThanTheirNumber(t *testing.T) {
	t.Parallel()
	for _, connections := range []int{1, 3} {
		t.Run(fmt.Sprint(connections), func(t *testing.T) {
			t.Parallel()
			w, mock := applyConfig(t, "resource \"pc_dask_cluster\" \"many\" {\n  count   = 30\n  workers = 1\n}\n")
			w.Setenv(fmt.Sprintf("PC_MAX_CONNECTIONS=%d", connections))
			w.Must("plan", "-no-color", "-out=plan")
			// The plan and the apply are two processes, each with its own connections.
			if err := mock.AwaitNoConnections(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.Must("apply", "-no-color", "-parallelism=30", "plan")
			if got := countRunning(mock); got != 30 {
				t.Errorf("%d clusters run", got)
			}
			if most := mock.MaxOpenConnections(); most > connections {
				t.Errorf("there were %d connections at a time", most)
			}
			w.Must("destroy", "-auto-approve", "-no-color", "-parallelism=30")
		})
	}
}
