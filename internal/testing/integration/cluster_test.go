// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

const outputConfig = `
output "name" { value = pc_dask_cluster.test.name }
output "scheduler_address" { value = pc_dask_cluster.test.scheduler_address }
output "dashboard_link" { value = pc_dask_cluster.test.dashboard_link }
output "status" { value = pc_dask_cluster.test.status }
`

// computeScript connects to the cluster by its name and adds up a million numbers.
// It prints the sum, the number of workers, and the addresses that Python derives.
const computeScript = `
import os
from dask_gateway import Gateway
import dask.array as da
with Gateway() as gateway:
    cluster = gateway.connect(os.environ["CLUSTER"])
    client = cluster.get_client()
    client.wait_for_workers(int(os.environ["WORKERS"]), timeout=90)
    print(int(da.arange(1_000_000, chunks=100_000).sum().compute()))
    print(cluster.scheduler_address)
    print(cluster.dashboard_link)
`

func TestCluster_computesResizesAndDestroys(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	sized := func(size string) {
		s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n options = { worker_cores = 0.5, worker_memory = 1 }\n"+size+"\n}\n"+outputConfig)
	}
	sized("adapt = { minimum = 1, maximum = 3 }\n wait_for_workers = 1")
	s.Apply()
	created := s.Outputs()
	if created["status"] != "RUNNING" {
		t.Errorf("status %v", created["status"])
	}
	if actions := s.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}
	name := fmt.Sprint(created["name"])
	printed := strings.Fields(s.python(computeScript, "CLUSTER="+name, "WORKERS=1"))
	if want := []string{"499999500000", fmt.Sprint(created["scheduler_address"]), fmt.Sprint(created["dashboard_link"])}; strings.Join(printed, " ") != strings.Join(want, " ") {
		t.Errorf("Python prints %v, Terraform %v", printed, want)
	}

	sized("workers = 3\n wait_for_workers = 3")
	if actions := s.Actions(); actions["pc_dask_cluster.test"] != "update" || len(actions) != 1 {
		t.Errorf("a resize is planned as %v", actions)
	}
	s.Apply()
	if got := s.Outputs()["name"]; got != name {
		t.Errorf("the resize created another cluster: %v", got)
	}
	s.python(computeScript, "CLUSTER="+name, "WORKERS=3")

	s.Destroy()
	if left := s.clusters(); left != "" {
		t.Errorf("left after destroy: %s", left)
	}
}

func TestCluster_replacesOnOptionChange(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	with := func(options string) {
		s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n options = "+options+"\n}\n"+outputConfig)
	}
	with(`{ worker_cores = 1 }`)
	s.Apply()
	first := s.Outputs()["name"]
	with(`{}`)
	if actions := s.Actions(); actions["pc_dask_cluster.test"] != "update" {
		t.Errorf("leaving out a default is planned as %v", actions)
	}
	with(`{ worker_cores = 1, environment = { GREETING = "hello" } }`)
	if actions := s.Actions(); actions["pc_dask_cluster.test"] != "delete,create" {
		t.Errorf("another environment is planned as %v", actions)
	}
	s.Apply()
	if second := s.Outputs()["name"]; second == first {
		t.Error("the cluster is still the same")
	}
	if got := s.clusters(); got != fmt.Sprintf("%v RUNNING", s.Outputs()["name"]) {
		t.Errorf("Python lists %q", got)
	}
	s.Destroy()
}

// workerEnvironmentScript reads an environment variable of a worker.
const workerEnvironmentScript = `
import os
from dask_gateway import Gateway
with Gateway() as gateway:
    client = gateway.connect(os.environ["CLUSTER"]).get_client()
    client.wait_for_workers(1, timeout=90)
    print(client.submit(os.getenv, "CONTAINER_URL").result(), client.submit(os.getenv, "GREETING").result())
`

// The secret options reach the cluster, and no file of Terraform contains them.
func TestCluster_sendsSecretOptions(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.Require(terraform.WriteOnlyArguments)
	s.Write("main.tf", `
variable "url" {
  type      = string
  ephemeral = true
}
resource "pc_dask_cluster" "test" {
  options    = { environment = { GREETING = "hello" } }
  options_wo = { environment = { CONTAINER_URL = var.url } }
  workers    = 1
}
`+outputConfig)
	s.Setenv("TF_VAR_url=https://example.com/x?sig=s3cret")
	s.Apply()
	if got := strings.TrimSpace(s.python(workerEnvironmentScript, "CLUSTER="+fmt.Sprint(s.Outputs()["name"]))); got != "https://example.com/x?sig=s3cret hello" {
		t.Errorf("a worker has %q", got)
	}
	s.Must("apply", "-refresh-only", "-auto-approve", "-no-color")
	if actions := s.Actions(); len(actions) > 0 {
		t.Errorf("a second plan would change %v", actions)
	}
	for name, text := range s.ReadAll() {
		if strings.Contains(text, "s3cret") {
			t.Errorf("%s contains the secret", name)
		}
	}
	s.Destroy()
}

func TestCluster_plansReplacementWhenStoppedOutside(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {}\n"+outputConfig)
	s.Apply()
	name := fmt.Sprint(s.Outputs()["name"])
	s.python(`
import os, time
from dask_gateway import Gateway
from dask_gateway.client import ClusterStatus
with Gateway() as gateway:
    gateway.stop_cluster(os.environ["CLUSTER"])
    while not gateway.list_clusters(status=[ClusterStatus.STOPPED]):
        time.sleep(0.1)
`, "CLUSTER="+name)
	plan := s.Must("plan", "-no-color").Flat()
	for _, part := range []string{"The cluster " + name + " has ended", "became STOPPED", "pc_dask_cluster.test will be created"} {
		if !strings.Contains(plan, part) {
			t.Errorf("the plan does not contain %q:\n%s", part, plan)
		}
	}
	s.Apply()
	if second := s.Outputs()["name"]; second == name {
		t.Error("the cluster is still the same")
	}
	s.Destroy()
}

func TestCluster_importsClusterCreatedInPython(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	name := s.python(`
from dask_gateway import Gateway
with Gateway() as gateway:
    cluster = gateway.new_cluster(worker_cores=2, shutdown_on_close=False)
    print(cluster.name)
`)
	s.Write("list.tf", "data \"pc_clusters\" \"all\" {}\noutput \"names\" { value = data.pc_clusters.all.names }\noutput \"cores\" { value = jsondecode(values(data.pc_clusters.all.clusters)[0].options).worker_cores }\n")
	s.Apply()
	if got := fmt.Sprint(s.Outputs()); got != fmt.Sprintf("map[cores:2 names:[%s]]", name) {
		t.Errorf("pc_clusters returns %s", got)
	}
	s.Remove("list.tf")
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n options = { worker_cores = 2 }\n workers = 1\n}\n"+outputConfig)
	s.Must("import", "-no-color", "pc_dask_cluster.test", name)
	if actions := s.Actions(); actions["pc_dask_cluster.test"] != "update" {
		t.Errorf("after the import %v is planned", actions)
	}
	s.Apply()
	if got := s.Outputs()["name"]; got != name {
		t.Errorf("the cluster is %v, want %s", got, name)
	}
	s.Destroy()
	if left := s.clusters(); left != "" {
		t.Errorf("left after destroy: %s", left)
	}
}

func TestCluster_reportsTheServersMessage(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	for options, want := range map[string][]string{
		`{ image = "pangeo" }`:   {"The gateway refused the cluster options", "When specifying an image you must also provide a tag"},
		`{ profile = "broken" }`: {"The cluster did not start", "became FAILED", "marked as tainted"},
		`{ worker_coers = 2 }`:   {`The gateway has no cluster option "worker_coers"`, `Did you mean "worker_cores"?`},
		`{ worker_cores = 9 }`:   {"at least 0.1 and at most 8, not 9", "on main.tf line 2"},
		`{ profile = "huge" }`:   {`one of "standard", "broken", "stuck"`},
	} {
		s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n options = "+options+"\n}\n")
		result := s.Run("apply", "-auto-approve", "-no-color")
		if result.Code == 0 {
			t.Errorf("%s was applied", options)
		}
		for _, part := range want {
			if !strings.Contains(result.Flat(), part) {
				t.Errorf("%s: the error does not contain %q:\n%s", options, part, result.Output)
			}
		}
	}
	s.Remove("main.tf")
	s.Apply()
	if left := s.clusters(); left != "" {
		t.Errorf("left: %s", left)
	}
}

func TestCluster_warnsWhenClamped(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n adapt = { minimum = 0, maximum = 99 }\n}\n")
	if applied := s.Apply().Flat(); !strings.Contains(applied, "would exceed resource limit of 4 workers") {
		t.Errorf("no warning:\n%s", applied)
	}
	s.Destroy()
}

func TestCluster_acceptsAddressUnknownAtPlanTime(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.Write("provider.tf", fmt.Sprintf("resource \"terraform_data\" \"hub\" {\n input = %q\n}\nprovider \"pc\" {\n address = terraform_data.hub.output\n}\n", s.stack.GatewayURL))
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n options = { worker_cores = 1 }\n}\n"+outputConfig)
	s.Apply()
	if got := s.Outputs()["status"]; got != "RUNNING" {
		t.Errorf("status %v", got)
	}
	s.Destroy()
}

// Ctrl-C interrupts the start of the cluster.
func TestCluster_keepsInterruptedClusterInState(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n options = { profile = \"stuck\" }\n}\n")
	apply := s.Start("apply", "-auto-approve", "-no-color")
	for s.clusters() == "" {
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
	}
	apply.Signal(os.Interrupt)
	result := apply.Wait()
	if result.Code == 0 || !strings.Contains(result.Flat(), "The wait for the cluster was interrupted") {
		t.Errorf("the apply ended with %d:\n%s", result.Code, result.Output)
	}
	if listed := s.Must("state", "list").Output; !strings.Contains(listed, "pc_dask_cluster.test") {
		t.Errorf("the state has %q", listed)
	}
	s.Destroy()
	if left := s.clusters(); left != "" {
		t.Errorf("left: %s", left)
	}
}
