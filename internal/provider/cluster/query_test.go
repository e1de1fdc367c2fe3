// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const listAll = "list \"pc_dask_cluster\" \"all\" {\n  provider         = pc\n  include_resource = true\n}\n"

// newQueryWorkspace returns a workspace with a provider block, and the token in it.
func newQueryWorkspace(t *testing.T, mock *providertest.Mock, feature terraform.Feature) (*terraform.Workspace, string) {
	t.Helper()
	token := mock.NewToken("alice")
	workspace := providertest.NewWorkspace(t, mock.Clock, providertest.ProviderBlockAs(mock, token))
	workspace.Require(feature)
	return workspace, token
}

func TestAccQuery_generatedConfigurationOnlyImports(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	for _, options := range []map[string]any{{"worker_cores": 2.0}, nil, {"image": "example/image:${tag}%{x}", "gpu": true}} {
		mock.AddCluster("alice", options)
	}
	mock.PassTime(time.Minute)
	workspace, token := newQueryWorkspace(t, mock, terraform.ListResources)
	workspace.Write("find.tfquery.hcl", listAll)
	query := workspace.Must("query", "-no-color", "-generate-config-out=found.tf")
	plan := workspace.Must("plan", "-no-color")
	if want := "3 to import, 0 to add, 0 to change, 0 to destroy"; !strings.Contains(plan.Output, want) {
		t.Errorf("the plan has no %q:\n%s", want, plan.Output)
	}
	workspace.Apply()
	if got := workspace.Actions(); len(got) != 0 {
		t.Errorf("the plan after the apply changes %v, want nothing", got)
	}
	query.Output += plan.Output + workspace.Must("query", "-json").Output + workspace.ReadAll()["found.tf"] + workspace.ReadAll()["terraform.tfstate"]
	if strings.Contains(query.Output, token) {
		t.Error("the token is printed or written to a file")
	}
	workspace.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

func TestAccQuery_failsIfTheListIsNotComplete(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	mock.AddCluster("alice", nil)
	mock.PassTime(time.Minute)
	workspace, token := newQueryWorkspace(t, mock, terraform.ListResources)
	workspace.Write("find.tfquery.hcl", listAll)
	mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: clusterListPath, Times: 1000, Drop: mockserver.DropMidResponse})
	result := workspace.Run("query", "-no-color")
	if result.Code == 0 || !strings.Contains(result.Output, "The clusters were not listed") {
		t.Errorf("terraform query exited with %d, want an error:\n%s", result.Code, result.Output)
	}
	if strings.Contains(result.Output, token) {
		t.Error("the token is printed")
	}
}

func TestAccInvoke_stopsClustersInNoState(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	forgotten, kept := mock.AddCluster("alice", nil), mock.AddCluster("alice", nil)
	mock.PassTime(time.Minute)
	workspace, token := newQueryWorkspace(t, mock, terraform.Actions)
	workspace.Write("stop.tf", `
variable "name" {
  type = string
}

action "pc_dask_cluster_stop" "forgotten" {
  config {
    name = var.name
  }
}
`)
	for range 2 {
		result := workspace.Must("apply", "-auto-approve", "-no-color", "-invoke=action.pc_dask_cluster_stop.forgotten", "-var=name="+forgotten)
		if want := "Cluster " + forgotten + " has ended"; !strings.Contains(result.Flat(), want) {
			t.Errorf("the output has no %q:\n%s", want, result.Output)
		}
		if strings.Contains(result.Output, token) {
			t.Error("the token is printed")
		}
	}
	for name, want := range map[string]string{forgotten: "STOPPED", kept: "RUNNING"} {
		if got := clusterStatus(mock, "alice", name); got != want {
			t.Errorf("cluster %s is %s, want %s", name, got, want)
		}
	}
	// Terraform validates actions with every variable unknown.
	result := workspace.Run("apply", "-auto-approve", "-no-color", "-invoke=action.pc_dask_cluster_stop.forgotten", "-var=name=../x")
	if result.Code == 0 || !strings.Contains(result.Flat(), "name") {
		t.Errorf("an invalid name exits with %d:\n%s", result.Code, result.Output)
	}
}

// Terraform 1.15 exits 0 after an interrupt and shows no further line of the action, so
// the first line must say what may still run.
func TestAccInvoke_showsAfterInterruptWhatMayStillRun(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{StopDelay: time.Hour})
	name := mock.AddCluster("alice", nil)
	mock.PassTime(time.Minute)
	workspace, _ := newQueryWorkspace(t, mock, terraform.Actions)
	workspace.Write("stop.tf", fmt.Sprintf("action \"pc_dask_cluster_stop\" \"forgotten\" {\n  config {\n    name = %q\n  }\n}\n", name))
	process := workspace.Start("apply", "-auto-approve", "-no-color", "-invoke=action.pc_dask_cluster_stop.forgotten")
	if err := mock.AwaitRequest(t.Context(), http.MethodDelete, "*/clusters/"+name); err != nil {
		t.Fatal(err)
	}
	process.Interrupt()
	if got := process.Wait().Flat(); !strings.Contains(got, stoppingMessage(name)) || strings.Contains(got, "Cluster "+name+" has ended") {
		t.Errorf("the output has no %q, or the end of the cluster:\n%s", stoppingMessage(name), got)
	}
}
