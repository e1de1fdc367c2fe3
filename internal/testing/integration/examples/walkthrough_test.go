// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// onMock returns a workspace with a configuration whose provider finds a mock in the
// environment, as make mock prints it.
func onMock(t *testing.T, text string) (*terraform.Workspace, *mockserver.Server) {
	t.Helper()
	mock, err := mockserver.Start(mockserver.Config{StartDelay: time.Millisecond, WorkerDelay: time.Millisecond, StopDelay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mock.Close)
	workspace := terraform.New(t)
	if strings.Contains(text, "required_providers") {
		workspace.Remove("versions.tf")
	}
	// The pages name the addresses of a Hub that does not exist.
	text = strings.ReplaceAll(text, "https://hub.example.com/services/dask-gateway/", mock.GatewayURL())
	workspace.Write("main.tf", text)
	workspace.Setenv("PC_ADDRESS="+mock.GatewayURL(), "PC_API_TOKEN="+mock.NewToken("alice"))
	return workspace, mock
}

// firstBlock returns the first block of HCL on a page.
func firstBlock(t *testing.T, file string) string {
	t.Helper()
	return firstBlockWith(t, file, "")
}

// firstBlockWith returns the first block of HCL on a page that contains the text.
func firstBlockWith(t *testing.T, file, text string) string {
	t.Helper()
	for _, b := range codeBlocks(t, "hcl", "terraform") {
		if strings.HasPrefix(b.where, file+",") && strings.Contains(b.text, text) {
			return b.text
		}
	}
	t.Fatalf("%s has no block of HCL with %q", file, text)
	return ""
}

// TestREADME_walkthrough follows the README: apply, change maximum, apply,
// destroy.
func TestREADME_walkthrough(t *testing.T) {
	t.Parallel()
	text := firstBlock(t, "README.md")
	w, mock := onMock(t, text)
	w.Apply()
	name, _ := w.Outputs()["scheduler_address"].(string)
	if !strings.HasPrefix(name, "gateway://") {
		t.Errorf("scheduler_address is %q", name)
	}
	changed := strings.Replace(text, "maximum = 100", "maximum = 50", 1)
	if changed == text {
		t.Fatal("the configuration has no maximum of 100")
	}
	w.Write("main.tf", changed)
	if actions := w.Actions(); actions["pc_dask_cluster.ndvi"] != "update" || len(actions) != 1 {
		t.Errorf("the changed maximum plans %v", actions)
	}
	w.Apply()
	w.Destroy()
	for _, cluster := range mock.Clusters("alice") {
		if cluster.Status != "STOPPED" {
			t.Errorf("%s is %s after destroy", cluster.Name, cluster.Status)
		}
	}
}

// TestIndex_firstExample applies the example of the first page.
func TestIndex_firstExample(t *testing.T) {
	t.Parallel()
	w, mock := onMock(t, readFile(t, repositoryRoot+"/examples/provider/provider.tf"))
	w.Apply()
	if clusters := mock.Clusters("alice"); len(clusters) != 1 || w.Outputs()["cluster"] != clusters[0].Name {
		t.Errorf("the clusters are %v, and the output is %v", clusters, w.Outputs()["cluster"])
	}
	w.Destroy()
}

// TestForgottenClusters_failsThePlan applies the configuration that compares the
// running clusters with the managed ones.
func TestForgottenClusters_failsThePlan(t *testing.T) {
	t.Parallel()
	w, mock := onMock(t, firstBlockWith(t, "templates/guides/forgotten-clusters.md.tmpl", "postcondition"))
	w.Apply()
	forgotten := mock.AddCluster("alice", map[string]any{})
	if result := w.Run("plan", "-no-color"); result.Code == 0 || !strings.Contains(result.Flat(), forgotten) {
		t.Errorf("with a forgotten cluster the plan exits with %d:\n%s", result.Code, result.Output)
	}
	mock.StopCluster(forgotten)
	w.Must("plan", "-no-color")
}

// TestManual_snippets applies the clusters that the guide shows next to Python.
func TestManual_snippets(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"hub", "new-cluster", "list-clusters"} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			text := readFile(t, repositoryRoot+"/examples/manual/"+folder+"/versions.tf") + readFile(t, repositoryRoot+"/examples/manual/"+folder+"/main.tf")
			w, _ := onMock(t, text)
			w.Apply()
			w.Destroy()
		})
	}
}

// TestMovingAPythonScript_walkthrough does the steps of the guide: the provider block,
// the cluster, a resize in place, destroy.
func TestMovingAPythonScript_walkthrough(t *testing.T) {
	t.Parallel()
	const guide = "templates/guides/moving-a-python-script.md.tmpl"
	w, mock := onMock(t, firstBlockWith(t, guide, "required_providers"))
	cluster := firstBlockWith(t, guide, "pc_dask_cluster")
	w.Write("cluster.tf", cluster)
	w.Apply()
	name := w.Must("output", "-raw", "cluster").Output
	if clusters := mock.Clusters("alice"); len(clusters) != 1 || clusters[0].Name != name {
		t.Fatalf("the output is %q, and the clusters are %v", name, clusters)
	}
	resized := strings.Replace(cluster, "maximum = 20", "maximum = 10", 1)
	if resized == cluster {
		t.Fatal("the guide has no maximum of 20")
	}
	w.Write("cluster.tf", resized)
	if actions := w.Actions(); actions["pc_dask_cluster.main"] != "update" || len(actions) != 1 {
		t.Errorf("the changed maximum plans %v", actions)
	}
	w.Apply()
	w.Destroy()
	if clusters := mock.Clusters("alice"); len(clusters) != 1 || clusters[0].Status != "STOPPED" {
		t.Errorf("the clusters after destroy are %v", clusters)
	}
}
