// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration_k8s

package kubernetes_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const oneClusterConfig = "resource \"pc_dask_cluster\" \"test\" {\n options = { worker_cores = 0.5, environment = { GREETING = \"hello\" } }\n}\noutput \"cluster\" { value = pc_dask_cluster.test }\n"

func TestCluster_appliesAndDestroys(t *testing.T) {
	t.Parallel()
	s := newStory(t, requireSharedStack(t))
	s.Write("main.tf", oneClusterConfig)
	s.Apply()
	s.expectStateMatches(1, "after the apply")
	name := s.savedClusters()[0]
	if !strings.HasPrefix(name, "dask.") {
		t.Errorf("the name %s of the cluster has no namespace", name)
	}
	created, _ := s.Outputs()["cluster"].(map[string]any)
	if created["status"] != "RUNNING" || !strings.Contains(fmt.Sprint(created["options"]), "hello") || strings.Contains(fmt.Sprint(created["effective_options"]), "hello") {
		t.Errorf("the state has %v", created)
	}
	if got := s.clusters()[0].Options["worker_cores"]; got != 0.5 {
		t.Errorf("the gateway created the cluster with %v cores", got)
	}
	s.expectNoChanges(s.Must("plan", "-no-color"))

	s.Must("state", "rm", "-no-color", "pc_dask_cluster.test")
	s.Must("import", "-no-color", "pc_dask_cluster.test", name)
	// The import fills in the options that differ from the defaults.
	if actions := s.Actions(); len(actions) != 0 {
		t.Errorf("after the import %v is planned", actions)
	}
	s.Apply()
	s.expectStateMatches(1, "after the import")
	if got := s.savedClusters()[0]; got != name {
		t.Errorf("after the import the cluster is %s, not %s", got, name)
	}

	if status, response := s.request(http.MethodDelete, "api/v1/clusters/"+name, ""); status != http.StatusNoContent {
		t.Fatalf("DELETE returned %d: %s", status, response)
	}
	s.waitUntil("the end of the cluster", func() bool { return s.clusterByName(name).Phase == "Stopped" })
	s.expectPlanned("The cluster "+name+" has ended", "became STOPPED", "pc_dask_cluster.test will be created")
	s.Apply()
	s.expectStateMatches(1, "after the apply that created it again")

	name = s.savedClusters()[0]
	if err := s.stack.Remove(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	s.expectPlanned(name, "pc_dask_cluster.test will be created")
	s.Apply()
	s.expectStateMatches(1, "after the second apply that created it again")
	s.Destroy()
	s.expectStateMatches(0, "after the destroy")
}

// expectPlanned fails the test unless the plan contains all parts.
func (s *story) expectPlanned(parts ...string) {
	s.t.Helper()
	plan := s.Must("plan", "-no-color").Flat()
	for _, part := range parts {
		if !strings.Contains(plan, part) {
			s.t.Errorf("the plan does not contain %q:\n%s", part, plan)
		}
	}
}

func TestCluster_importsExistingCluster(t *testing.T) {
	t.Parallel()
	s := newStory(t, requireSharedStack(t))
	status, response := s.request(http.MethodPost, "api/v1/clusters/", `{"cluster_options": {"worker_cores": 2}}`)
	if status != http.StatusCreated {
		t.Fatalf("POST returned %d: %s", status, response)
	}
	s.waitUntil("the start of the cluster", func() bool { return s.clusters()[0].Phase == "Running" })
	name := s.activeClusters()[0]
	s.Write("list.tf", "data \"pc_clusters\" \"all\" {}\noutput \"names\" { value = data.pc_clusters.all.names }\n")
	s.Apply()
	if got := fmt.Sprint(s.Outputs()["names"]); got != "["+name+"]" {
		t.Errorf("pc_clusters returns %s, want %s", got, name)
	}
	s.Remove("list.tf")
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n options = { worker_cores = 2 }\n}\n")
	s.Must("import", "-no-color", "pc_dask_cluster.test", name)
	s.Apply()
	s.expectStateMatches(1, "after the import")

	// Different options require a different cluster.
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n options = { worker_cores = 1 }\n}\n")
	if actions := s.Actions(); actions["pc_dask_cluster.test"] != "delete,create" {
		t.Errorf("other options are planned as %v", actions)
	}
	s.Apply()
	s.expectStateMatches(1, "after the replacement")
	s.Destroy()
	s.expectStateMatches(0, "after the destroy")
}

func TestCluster_removesFailedCluster(t *testing.T) {
	t.Parallel()
	s := newStory(t, requireSharedStack(t))
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n options = { profile = \"broken\" }\n}\n")
	result := s.Run("apply", "-auto-approve", "-no-color")
	if result.Code == 0 || !strings.Contains(result.Flat(), "became FAILED") {
		t.Errorf("the apply ended with %d:\n%s", result.Code, result.Output)
	}
	s.Write("main.tf", oneClusterConfig)
	s.Apply()
	s.expectStateMatches(1, "after the apply with other options")
	s.Destroy()
	s.expectStateMatches(0, "after the destroy")
}
