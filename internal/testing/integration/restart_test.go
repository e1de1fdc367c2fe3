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

// statuses are the user's clusters by name, those that have ended included; nil
// while the gateway does not answer.
func (s *story) statuses() map[string]string {
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

// count counts the user's clusters with one of the statuses.
func (s *story) count(statuses ...string) int {
	count := 0
	for _, status := range s.statuses() {
		if slices.Contains(statuses, status) {
			count++
		}
	}
	return count
}

// await looks at the gateway until the condition holds.
func (s *story) await(what string, holds func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	for !holds() {
		if clock.Real().Sleep(ctx, 50*time.Millisecond) != nil {
			s.t.Fatalf("waited in vain for %s; the clusters are %v", what, s.statuses())
		}
	}
}

// assertManaged asserts that what runs on the gateway is what the state has.
func (s *story) assertManaged() {
	s.t.Helper()
	known := map[string]bool{}
	for _, each := range s.Instances() {
		if name, ok := each.Attributes["name"].(string); ok {
			known[name] = true
		}
	}
	for name, status := range s.statuses() {
		if (status == "PENDING" || status == "RUNNING") && !known[name] {
			s.t.Errorf("%s is %s and in no state", name, status)
		}
	}
}

// TestGateway_isKilled kills the gateway in the midst of an apply and of a
// destroy, and starts it again on its database. The gateway is the story's own.
func TestGateway_isKilled(t *testing.T) {
	t.Parallel()
	stack, err := realservers.Start(t.Context(), installation, realservers.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Stop)
	s := beginOn(t, stack)
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n  count = 2\n}\n")

	apply := s.Start("apply", "-auto-approve", "-no-color")
	s.await("a cluster", func() bool { return s.count("PENDING") > 0 })
	made := s.interrupt(apply)
	if made.Code == 0 && s.count("RUNNING") != 2 {
		t.Errorf("the apply ended well, and %v run", s.statuses())
	}
	s.assertManaged()
	s.Apply()
	s.assertManaged()
	if s.count("RUNNING") != 2 || len(s.Actions()) != 0 {
		t.Errorf("after another apply the gateway has %v", s.statuses())
	}

	destroy := s.Start("destroy", "-auto-approve", "-no-color")
	s.await("a DELETE", func() bool { return s.count("STOPPING", "STOPPED") > 0 })
	if ended := s.interrupt(destroy); ended.Code == 0 && len(s.Instances()) != 0 {
		t.Errorf("the destroy ended well, and the state has %v", s.Instances())
	}
	s.assertManaged()
	s.Destroy()
	if left := s.count("PENDING", "RUNNING", "STOPPING"); left != 0 {
		t.Errorf("%d clusters are left: %v", left, s.statuses())
	}
}

// interrupt kills the gateway and starts it again while the command runs, and
// returns what came of that.
func (s *story) interrupt(command *terraform.Process) terraform.Result {
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

// TestCluster_whoseSchedulerDiesIsPlannedAnew kills the process of the
// scheduler.
func TestCluster_whoseSchedulerDiesIsPlannedAnew(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {}\n"+outputs)
	s.Apply()
	name, _ := s.Outputs()["name"].(string)
	killScheduler(t, name)
	s.await("the end", func() bool { return s.statuses()[name] == "FAILED" })
	s.assertPlannedAnew(name, "FAILED")
}

// TestCluster_whoseIdleTimeoutEndsItIsPlannedAnew waits for the gateway to end
// a cluster that does nothing.
func TestCluster_whoseIdleTimeoutEndsItIsPlannedAnew(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n  options = { environment = { IDLE_SECONDS = \"2\" } }\n}\n"+outputs)
	s.Apply()
	name, _ := s.Outputs()["name"].(string)
	s.await("the end", func() bool { return s.statuses()[name] == "STOPPED" })
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {}\n"+outputs)
	s.assertPlannedAnew(name, "STOPPED")
}

// assertPlannedAnew asserts that the plan tells of the end and makes another
// cluster, and that one apply does.
func (s *story) assertPlannedAnew(name, status string) {
	s.t.Helper()
	plan := s.Must("plan", "-no-color").Flat()
	for _, part := range []string{"The cluster " + name + " has ended", "became " + status, "pc_dask_cluster.test will be created"} {
		if !strings.Contains(plan, part) {
			s.t.Errorf("the plan does not say %q:\n%s", part, plan)
		}
	}
	s.Apply()
	if made := s.Outputs(); made["name"] == name || made["status"] != "RUNNING" {
		s.t.Errorf("the next apply has %v", made)
	}
	s.Destroy()
	if left := s.clusters(); left != "" {
		s.t.Errorf("left after destroy: %s", left)
	}
}

// killScheduler kills the process that has the cluster's folder as its working
// directory; there are no workers.
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
