// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// clusterStatuses returns the status of the user's clusters by name, including
// ended ones, or nil while the gateway does not respond.
func (s *story) clusterStatuses() map[string]string {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.stack.GatewayURL+"api/v1/clusters/?status=PENDING,RUNNING,STOPPING,STOPPED,FAILED", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Authorization", "jupyterhub "+s.token)
	response, err := new(http.Client).Do(request)
	if err != nil {
		return nil
	}
	defer func() { _ = response.Body.Close() }()
	var clusters map[string]struct {
		Status string `json:"status"`
	}
	if response.StatusCode != http.StatusOK || json.NewDecoder(response.Body).Decode(&clusters) != nil {
		return nil
	}
	found := map[string]string{}
	for name, cluster := range clusters {
		found[name] = cluster.Status
	}
	return found
}

// countClusters counts the user's clusters with one of the statuses.
func (s *story) countClusters(statuses ...string) int {
	count := 0
	for _, status := range s.clusterStatuses() {
		if slices.Contains(statuses, status) {
			count++
		}
	}
	return count
}

// waitUntil polls the gateway until the condition is true.
func (s *story) waitUntil(what string, condition func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	for !condition() {
		if clock.Real().Sleep(ctx, 50*time.Millisecond) != nil {
			s.t.Fatalf("%s did not happen in time; the clusters are %v", what, s.clusterStatuses())
		}
	}
}

// assertManaged asserts that the gateway runs exactly the clusters in the state.
func (s *story) assertManaged() {
	s.t.Helper()
	known := map[string]bool{}
	for _, each := range s.Instances() {
		if name, ok := each.Attributes["name"].(string); ok {
			known[name] = true
		}
	}
	for name, status := range s.clusterStatuses() {
		if (status == "PENDING" || status == "RUNNING") && !known[name] {
			s.t.Errorf("%s is %s and in no state", name, status)
		}
	}
}

// The gateway is killed during an apply and a destroy, and restarted with its
// database. The test has its own gateway.
func TestGateway_restartsDuringApplyAndDestroy(t *testing.T) {
	t.Parallel()
	s := newStoryWithServers(t, realservers.Config{})
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n  count = 2\n}\n")

	apply := s.Start("apply", "-auto-approve", "-no-color")
	s.waitUntil("a cluster", func() bool { return s.countClusters("PENDING") > 0 })
	created := s.restartGatewayDuring(apply)
	if created.Code == 0 && s.countClusters("RUNNING") != 2 {
		t.Errorf("the apply succeeded, and the clusters are %v", s.clusterStatuses())
	}
	s.assertManaged()
	s.Apply()
	s.assertManaged()
	if s.countClusters("RUNNING") != 2 || len(s.Actions()) != 0 {
		t.Errorf("after another apply the gateway has %v", s.clusterStatuses())
	}

	destroy := s.Start("destroy", "-auto-approve", "-no-color")
	s.waitUntil("a DELETE", func() bool { return s.countClusters("STOPPING", "STOPPED") > 0 })
	if ended := s.restartGatewayDuring(destroy); ended.Code == 0 && len(s.Instances()) != 0 {
		t.Errorf("the destroy succeeded, and the state has %v", s.Instances())
	}
	s.assertManaged()
	s.Destroy()
	if left := s.countClusters("PENDING", "RUNNING", "STOPPING"); left != 0 {
		t.Errorf("%d clusters are left: %v", left, s.clusterStatuses())
	}
}

// restartGatewayDuring kills and restarts the gateway while the command runs, and
// returns the command's result.
func (s *story) restartGatewayDuring(command *terraform.Process) terraform.Result {
	s.t.Helper()
	if err := s.stack.Kill(s.t.Context(), "gateway"); err != nil {
		s.t.Fatal(err)
	}
	if err := s.stack.Restart(s.t.Context(), "gateway"); err != nil {
		s.t.Fatal(err)
	}
	result := command.Wait()
	s.t.Logf("the command ended with %d", result.Code)
	return result
}

// The test kills the scheduler's process.
func TestCluster_plansReplacementWhenSchedulerDies(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {}\n"+outputConfig)
	s.Apply()
	name, _ := s.Outputs()["name"].(string)
	killScheduler(t, name)
	s.waitUntil("the end", func() bool { return s.clusterStatuses()[name] == "FAILED" })
	s.assertReplacementPlanned(name, "FAILED")
}

// The gateway ends an idle cluster.
func TestCluster_plansReplacementAfterIdleTimeout(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n  options = { environment = { IDLE_SECONDS = \"2\" } }\n}\n"+outputConfig)
	s.Apply()
	name, _ := s.Outputs()["name"].(string)
	s.waitUntil("the end", func() bool { return s.clusterStatuses()[name] == "STOPPED" })
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {}\n"+outputConfig)
	s.assertReplacementPlanned(name, "STOPPED")
}

// assertReplacementPlanned asserts that the plan reports the end of the cluster and
// creates a new one, and that one apply is enough.
func (s *story) assertReplacementPlanned(name, status string) {
	s.t.Helper()
	plan := s.Must("plan", "-no-color").Flat()
	for _, part := range []string{"The cluster " + name + " has ended", "became " + status, "pc_dask_cluster.test will be created"} {
		if !strings.Contains(plan, part) {
			s.t.Errorf("the plan does not contain %q:\n%s", part, plan)
		}
	}
	s.Apply()
	if created := s.Outputs(); created["name"] == name || created["status"] != "RUNNING" {
		s.t.Errorf("the next apply has %v", created)
	}
	s.Destroy()
	if left := s.clusters(); left != "" {
		s.t.Errorf("left after destroy: %s", left)
	}
}

// killScheduler kills the process whose working directory is the cluster's folder.
// There are no workers.
func killScheduler(t *testing.T, name string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	killed := 0
	for _, link := range links {
		folder, err := os.Readlink(link)
		if err != nil || filepath.Base(folder) != name {
			continue
		}
		id, err := strconv.Atoi(strings.Split(link, "/")[2])
		if err != nil {
			t.Fatal(err)
		}
		if syscall.Kill(id, syscall.SIGKILL) == nil {
			killed++
		}
	}
	if killed == 0 {
		t.Fatalf("the cluster %s has no process", name)
	}
}
