// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// importedScript creates the clusters that the story imports, and prints their names.
const importedScript = `
from dask_gateway import Gateway
with Gateway() as gateway:
    for environment in {}, {}, {"A": "1", "URL": "s3cret"}, {}:
        print(gateway.submit(worker_cores=2, environment=environment))
`

const stopClusterScript = `
import os
from dask_gateway import Gateway
with Gateway() as gateway:
    gateway.stop_cluster(os.environ["CLUSTER"])
`

// approvedBefore is applied first. The address of one provider comes from a resource,
// the token of another is renewed.
const approvedBefore = `
resource "pc_dask_cluster" "address" {
  provider = pc.later
  options  = { worker_cores = 2 }
}
resource "pc_dask_cluster" "token" {
  provider = pc.renewed
  options  = { worker_cores = 2, worker_memory = 4, idle_minutes = 30, environment = { KEY = "hunter2" } }
}
resource "pc_dask_cluster" "stays" {
  options = { worker_memory = 8 }
}
resource "pc_dask_cluster" "ended" {
  when_ended = "keep"
}
resource "pc_hub_server" "gpu" {
  name = "gpu"
}
resource "pc_hub_token" "due" {
  note         = "story due"
  expires_in   = "1h"
  renew_before = "59m40s"
}
`

// approvedAfter is planned, and applied after the gateway's defaults and the
// environment have changed.
const approvedAfter = `
resource "terraform_data" "later" {
  input = { cores = 3, profile = "large", secret = "s3cret" }
}
resource "pc_dask_cluster" "address" {
  provider = pc.later
  options  = { worker_cores = 3 }
}
resource "pc_dask_cluster" "token" {
  provider = pc.renewed
}
resource "pc_dask_cluster" "stays" {
  workers = 1
}
resource "pc_dask_cluster" "ended" {
  when_ended = "keep"
}
resource "pc_hub_server" "gpu" {
  name         = "gpu"
  user_options = { profile = terraform_data.later.output.profile }
}
resource "pc_hub_token" "due" {
  note         = "story due"
  expires_in   = "1h"
  renew_before = "59m40s"
}
resource "pc_dask_cluster" "ignored" {
  options = { worker_cores = 8 }
  lifecycle {
    ignore_changes = [options]
  }
}
resource "pc_dask_cluster" "unread" {
  provider = pc.later
  options  = { worker_cores = 2, worker_memory = 8, image = "pangeo/pangeo-notebook:2026.08.01" }
}
resource "pc_dask_cluster" "secret" {
  options            = { worker_cores = 2, environment = { A = "1" } }
  options_wo         = { environment = { URL = terraform_data.later.output.secret } }
  options_wo_version = 1
}
`

// approvedProviders are the provider blocks. The address is unknown whenever the
// generation changes, and the token is due as soon as a refresh finds that it will
// expire within renewBefore.
func (s *story) approvedProviders(generation int, renewBefore string) string {
	return fmt.Sprintf(`
resource "terraform_data" "hub" {
  input            = %q
  triggers_replace = %d
}
provider "pc" {
  alias   = "later"
  address = terraform_data.hub.output
}
resource "pc_hub_token" "run" {
  note         = "story run"
  expires_in   = "1h"
  renew_before = %q
  lifecycle {
    create_before_destroy = true
  }
}
provider "pc" {
  alias     = "renewed"
  api_token = pc_hub_token.run.token
}
`, s.stack.GatewayURL, generation, renewBefore)
}

// declareOtherDefaults restarts the gateway with other defaults. Its clusters keep
// running.
func (s *story) declareOtherDefaults() {
	s.t.Helper()
	file := filepath.Join(s.stack.Dir, "gateway_config.py")
	text, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, each := range [][2]string{{`"worker_memory", default=8`, `"worker_memory", default=16`}, {"pangeo-notebook:2026.08.01", "pangeo-notebook:2026.09.01"}} {
		if !bytes.Contains(text, []byte(each[0])) {
			s.t.Fatalf("the gateway's configuration does not contain %s", each[0])
		}
		text = bytes.ReplaceAll(text, []byte(each[0]), []byte(each[1]))
	}
	if err := os.WriteFile(file, text, 0o600); err != nil { //nolint:gosec // the scratch folder of the test servers
		s.t.Fatal(err)
	}
	if err := s.stack.Kill(s.t.Context(), "gateway"); err != nil {
		s.t.Fatal(err)
	}
	if err := s.stack.Restart(s.t.Context(), "gateway"); err != nil {
		s.t.Fatal(err)
	}
}

// clusterNames returns the name of each cluster in the state, by address.
func (s *story) clusterNames() map[string]string {
	s.t.Helper()
	names := map[string]string{}
	for _, each := range s.Instances() {
		if strings.HasPrefix(each.Address, "pc_dask_cluster.") {
			names[each.Address] = fmt.Sprint(each.Attributes["name"])
		}
	}
	return names
}

// A plan is saved. Then the gateway's defaults, the environment and the time change,
// and the apply does what the plan shows. The test has its own servers.
func TestPlan_isWhatTheApplyDoes(t *testing.T) {
	t.Parallel()
	s := newStoryWithServers(t, realservers.Config{})
	s.Require(terraform.WriteOnlyArguments)
	s.Setenv("DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES=2")
	imported := strings.Fields(s.python(importedScript))
	s.Write("providers.tf", s.approvedProviders(1, "1m"))
	s.Write("main.tf", approvedBefore)
	s.Apply()
	before := s.clusterNames()
	s.waitUntil("the clusters to import", func() bool { return s.countClusters("RUNNING") == len(before)+len(imported) })
	s.python(stopClusterScript, "CLUSTER="+before["pc_dask_cluster.ended"])
	s.waitUntil("the end of a cluster", func() bool { return s.clusterStatuses()[before["pc_dask_cluster.ended"]] == "STOPPED" })

	var imports strings.Builder
	for i, resource := range []string{"ignored", "unread", "secret", "generated"} {
		before["pc_dask_cluster."+resource] = imported[i]
		fmt.Fprintf(&imports, "import {\n  to = pc_dask_cluster.%s\n  id = %q\n}\n", resource, imported[i])
	}
	s.Write("providers.tf", s.approvedProviders(2, "59m59s"))
	s.Write("main.tf", approvedAfter+imports.String())
	approved := s.planApproved()
	s.declareOtherDefaults()
	s.Setenv("DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES=4")
	applied := s.Must("apply", "-no-color", "saved.plan")
	if strings.Contains(applied.Output, "hunter2") {
		t.Errorf("the apply prints a value:\n%s", applied.Output)
	}
	for address, name := range s.clusterNames() {
		isReplaced := before[address] != name
		if want := approved[address] == "delete,create"; isReplaced != want {
			t.Errorf("%s has become %s instead of %s, and the plan shows %q", address, name, before[address], approved[address])
		}
	}
	if got := s.python(runningServersScript); got != `gpu {"profile": "large"}` {
		t.Errorf("the Hub has the servers %q", got)
	}
	s.assertManaged()

	// The tokens may be due again. The imported clusters are compared like the others,
	// although the defaults are not those that they were created with.
	next := s.Actions()
	maps.DeleteFunc(next, func(address, _ string) bool { return strings.HasPrefix(address, "pc_hub_token.") })
	if len(next) != 0 {
		t.Errorf("the next plan has %v", next)
	}
	s.assertPlanRejects()
	s.Write("main.tf", "")
	s.Remove("generated.tf")
	s.Destroy()
	if left := s.clusters() + s.python(runningServersScript) + s.tokens(); left != "" {
		t.Errorf("left after destroy: %s", left)
	}
}

// planApproved saves a plan, and checks what it shows. A token may have become due
// before the plan or not. It returns the planned actions.
func (s *story) planApproved() map[string]string {
	s.t.Helper()
	planned := s.Must("plan", "-no-color", "-out=saved.plan", "-generate-config-out=generated.tf")
	approved := s.PlannedActions("saved.plan")
	want := map[string]string{
		"terraform_data.hub": "delete,create", "terraform_data.later": "create",
		"pc_dask_cluster.address": "delete,create", "pc_dask_cluster.token": "delete,create", "pc_hub_server.gpu": "delete,create",
		"pc_hub_token.run": "create,delete", "pc_dask_cluster.stays": "update",
	}
	for _, address := range []string{"pc_hub_token.due", "pc_dask_cluster.unread", "pc_dask_cluster.secret"} {
		if action, isPlanned := approved[address]; isPlanned {
			want[address] = action
		}
	}
	if !maps.Equal(approved, want) {
		s.t.Fatalf("the plan has %v, want %v:\n%s", approved, want, planned.Output)
	}
	for _, says := range []string{
		"worker_memory: the cluster has 4, the default was 8", "idle_minutes: the cluster has 30, the default was 0", "environment",
		"Could not compare the imported cluster", "An imported cluster may lack a write-only option", "apply -replace=ADDRESS_OF_THIS_RESOURCE",
	} {
		if !strings.Contains(planned.Flat(), says) {
			s.t.Errorf("the plan does not say %q:\n%s", says, planned.Output)
		}
	}
	return approved
}

// assertPlanRejects plans values that the gateway would not return as they were sent,
// and sizes that Terraform drops.
func (s *story) assertPlanRejects() {
	s.t.Helper()
	s.Write("rejected.tf", `
resource "pc_dask_cluster" "number" {
  options = { environment = { N = 1e400 } }
}
resource "pc_dask_cluster" "digits" {
  options = { worker_memory = 16000000000 / pow(1024, 3) }
}
resource "pc_dask_cluster" "adapt" {
  adapt = { min = 1, max = 3 }
}
`)
	defer s.Remove("rejected.tf")
	planned := s.Run("plan", "-no-color")
	for _, says := range []string{"Number out of range", "Number has too many digits", "Set minimum, maximum or both"} {
		if planned.Code != 1 || !strings.Contains(planned.Flat(), says) {
			s.t.Errorf("the plan ended with %d and does not say %q:\n%s", planned.Code, says, planned.Output)
		}
	}
}
