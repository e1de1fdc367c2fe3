// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

const activityOutput = `
resource "pc_dask_cluster" "test" {
  options          = { worker_cores = 0.5, worker_memory = 1 }
  workers          = 1
  wait_for_workers = 1
}
data "pc_dask_cluster" "test" {
  name     = pc_dask_cluster.test.name
  activity = true
}
data "pc_clusters" "all" {
  activity   = true
  depends_on = [pc_dask_cluster.test]
}
output "name" { value = pc_dask_cluster.test.name }
output "activity" {
  value = jsonencode([
    data.pc_dask_cluster.test.tasks, data.pc_dask_cluster.test.clients, data.pc_dask_cluster.test.idle,
    data.pc_clusters.all.clusters[pc_dask_cluster.test.name].idle, data.pc_clusters.all.clusters[pc_dask_cluster.test.name].workers,
  ])
}
`

// A computation without a client keeps a cluster busy. A connected client and the
// results that it holds do not.
func TestIdle_isWhatTheSchedulerComputes(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.Require(terraform.Actions)
	s.Write("main.tf", activityOutput)
	s.Apply()
	assertActivity := func(want string) {
		t.Helper()
		s.Must("apply", "-auto-approve", "-no-color", "-refresh-only")
		if got := s.Outputs()["activity"]; got != want {
			t.Errorf("activity is %v, want %s", got, want)
		}
	}
	assertActivity(`[0,0,true,true,1]`)
	name, _ := s.Outputs()["name"].(string)
	counts := s.python(`
import json, os, urllib.request
from dask_gateway import Gateway
with Gateway() as gateway, gateway.connect(os.environ["CLUSTER"]) as cluster, cluster.get_client() as client:
    future = client.submit(lambda: 1)
    future.result()
    with urllib.request.urlopen(gateway.address.rstrip("/") + "/clusters/" + cluster.name + "/json/counts.json") as response:
        counts = json.load(response)
    print(json.dumps([counts["clients"], counts["processing"], counts["waiting"], counts["unrunnable"], counts["tasks"]]))
    cluster.shutdown_on_close = False
`, "CLUSTER="+name)
	var numbers []int
	if err := json.Unmarshal([]byte(counts), &numbers); err != nil || len(numbers) != 5 || numbers[0] != 2 || numbers[1]+numbers[2]+numbers[3] != 0 || numbers[4] != 1 {
		t.Errorf("with a client and a result the scheduler counts %s, want two clients, one task and nothing to do: %v", counts, err)
	}
	s.python(`
import os, time
from dask.distributed import fire_and_forget
from dask_gateway import Gateway
with Gateway() as gateway, gateway.connect(os.environ["CLUSTER"]) as cluster, cluster.get_client() as client:
    fire_and_forget(client.submit(time.sleep, 3600))
    while not any(client.processing().values()):
        time.sleep(0.1)
    cluster.shutdown_on_close = False
`, "CLUSTER="+name)
	assertActivity(`[1,0,false,false,1]`)
	s.Write("stop.tf", "action \"pc_dask_cluster_stop\" \"idle\" {\n  config {\n    name         = \""+name+"\"\n    only_if_idle = true\n  }\n}\n")
	if output := s.Must("apply", "-auto-approve", "-no-color", "-invoke=action.pc_dask_cluster_stop.idle").Flat(); !strings.Contains(output, "1 unfinished task") {
		t.Errorf("the action does not keep the busy cluster:\n%s", output)
	}
	if got := s.clusters(); got != name+" RUNNING" {
		t.Errorf("the clusters are %q, want %s to run", got, name)
	}
}

// Terraform finds five clusters of Python and three of its own, imports and destroys
// them. An action stops a sixth of Python. The clusters of another user stay.
func TestForgotten_areFoundImportedAndDestroyed(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.Require(terraform.ListResources)
	other, err := s.stack.NewToken(t.Context(), "neighbour-of-forgotten")
	if err != nil || other == "" {
		t.Fatal(err)
	}
	const create = `
import sys
from dask_gateway import Gateway
with Gateway() as gateway:
    for cores in CORES:
        print(gateway.new_cluster(worker_cores=cores, shutdown_on_close=False).name)
`
	neighbour, err := s.stack.Python(t.Context(), strings.Replace(create, "CORES", "[1]", 1), s.stack.Environ("neighbour-of-forgotten")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop := "import os\nfrom dask_gateway import Gateway\nwith Gateway() as gateway:\n    gateway.stop_cluster(os.environ['CLUSTER'])\n"
		_, _ = s.stack.Python(t.Context(), stop, append(s.stack.Environ("neighbour-of-forgotten"), "CLUSTER="+strings.TrimSpace(string(neighbour)))...)
	})
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"managed\" {\n  count   = 3\n  options = { worker_cores = 1 }\n}\n")
	s.Apply()
	created := strings.Fields(s.python(strings.Replace(create, "CORES", "[0.5] * 6", 1)))
	s.Write("stop.tf", "action \"pc_dask_cluster_stop\" \"one\" {\n  config {\n    name = \""+created[0]+"\"\n  }\n}\n")
	s.Must("apply", "-auto-approve", "-no-color", "-invoke=action.pc_dask_cluster_stop.one")
	s.Remove("stop.tf")
	s.Write("all.tfquery.hcl", "list \"pc_dask_cluster\" \"all\" {\n  provider = pc\n}\n")
	if got := strings.Count(s.Must("query", "-json").Output, `"type":"list_resource_found"`); got != 8 {
		t.Errorf("terraform query found %d clusters, want 8", got)
	}
	s.Remove("all.tfquery.hcl")
	s.Write("python.tfquery.hcl", "list \"pc_dask_cluster\" \"python\" {\n  provider         = pc\n  include_resource = true\n  config {\n    options = { worker_cores = 0.5 }\n  }\n}\n")
	s.Must("query", "-no-color", "-generate-config-out=found.tf")
	if plan := s.Must("plan", "-no-color").Output; !strings.Contains(plan, "5 to import, 0 to add, 0 to change, 0 to destroy") {
		t.Errorf("the plan does not only import:\n%s", plan)
	}
	s.Apply()
	if got := s.Actions(); len(got) != 0 {
		t.Errorf("the plan after the import changes %v", got)
	}
	s.Destroy()
	if got := s.clusters(); got != "" {
		t.Errorf("these clusters run after destroy: %s", got)
	}
	list := "from dask_gateway import Gateway\nwith Gateway() as gateway:\n    print(len(gateway.list_clusters()))\n"
	if left, err := s.stack.Python(t.Context(), list, s.stack.Environ("neighbour-of-forgotten")...); err != nil || strings.TrimSpace(string(left)) != "1" {
		t.Errorf("the neighbour has %s clusters, want 1: %v", left, err)
	}
}

// The janitor of the examples names only the idle cluster, and stops
// it only on request.
func TestJanitor_findsAndStopsIdleClusters(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.Require(terraform.ListResources)
	s.Remove("versions.tf")
	s.Remove("provider.tf")
	names := strings.Fields(s.python(`
import time
from dask.distributed import fire_and_forget
from dask_gateway import Gateway
with Gateway() as gateway:
    idle = gateway.new_cluster(worker_cores=0.5, worker_memory=1, shutdown_on_close=False)
    busy = gateway.new_cluster(worker_cores=0.5, worker_memory=1, shutdown_on_close=False)
    busy.scale(1)
    with busy.get_client() as client:
        fire_and_forget(client.submit(time.sleep, 3600))
        while not any(client.processing().values()):
            time.sleep(0.1)
    print(idle.name, busy.name)
`))
	idle, busy := names[0], names[1]
	s.copyJanitor("check/main.tf")
	planned := s.Run("plan", "-no-color", `-var=managed=["`+busy+`"]`)
	if planned.Code != 1 || !strings.Contains(planned.Flat(), idle+" (started ") || strings.Contains(planned.Output, busy+" (started") {
		t.Errorf("the plan does not fail with the forgotten cluster only:\n%s", planned.Output)
	}
	s.Must("plan", "-no-color", `-var=managed=["`+busy+`", "`+idle+`"]`)

	for _, file := range []string{"query/main.tf", "query/forgotten.tfquery.hcl", "query/janitor.sh"} {
		s.copyJanitor(file)
	}
	found := s.RunScript("janitor.sh")
	if found.Code != 1 || !strings.Contains(found.Output, idle+" (RUNNING, started ") || strings.Contains(found.Output, busy) {
		t.Errorf("the janitor does not fail with the idle cluster only:\n%s", found.Output)
	}
	if got := strings.Count(s.clusters(), "RUNNING"); got != 2 {
		t.Errorf("%d clusters run, want both", got)
	}
	if stopped := s.RunScript("janitor.sh", "stop"); stopped.Code != 1 || !strings.Contains(stopped.Output, "Cluster "+idle+" has ended") {
		t.Errorf("the janitor does not stop the idle cluster:\n%s", stopped.Output)
	}
	if got := s.clusters(); got != busy+" RUNNING" {
		t.Errorf("the clusters are %q, want only %s to run", got, busy)
	}
}

// copyJanitor copies a file of the example, with an age limit of one second.
func (s *story) copyJanitor(file string) {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "examples", "janitor", filepath.FromSlash(file)))
	if err != nil {
		s.t.Fatal(err)
	}
	s.Write(filepath.Base(file), strings.Replace(string(text), `"8h"`, `"1s"`, 1))
}
