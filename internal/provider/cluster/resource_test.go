// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

func expectAction(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(providertest.ClusterAddress, action)}}
}

func clusterHas(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(providertest.ClusterAddress, tfjsonpath.New(attribute), value)
}

func TestAccDaskCluster_isCreatedWithWorkers(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	config := providertest.ProviderBlock(mock) + `
resource "pc_dask_cluster" "test" {
  options = {
    worker_cores  = 2
    worker_memory = 16
    environment   = { GDAL_DISABLE_READDIR_ON_OPEN = "EMPTY_DIR" }
  }
  adapt            = { minimum = 1, maximum = 100 }
  wait_for_workers = 1
}`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{
				Config:           config,
				ConfigPlanChecks: expectAction(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{
					clusterHas("status", knownvalue.StringExact("RUNNING")),
					clusterHas("name", knownvalue.StringRegexp(regexp.MustCompile(`^(prod\.)?[0-9a-f]{32}$`))),
					clusterHas("scheduler_address", knownvalue.StringRegexp(regexp.MustCompile(`^gateway://127\.0\.0\.1:\d+/(prod\.)?[0-9a-f]{32}$`))),
					clusterHas("dashboard_link", knownvalue.StringRegexp(regexp.MustCompile(`/services/dask-gateway/clusters/(prod\.)?[0-9a-f]{32}/status$`))),
					clusterHas("started_at", knownvalue.StringFunc(func(text string) error {
						_, err := time.Parse(time.RFC3339, text)
						return err
					})),
					statecheck.ExpectKnownValue(providertest.ClusterAddress, tfjsonpath.New("options").AtMapKey("worker_cores"), knownvalue.Float64Exact(2)),
					statecheck.ExpectKnownValue(providertest.ClusterAddress, tfjsonpath.New("effective_options"), knownvalue.ObjectExact(map[string]knownvalue.Check{
						"gpu": knownvalue.Bool(false), "idle_minutes": knownvalue.Int64Exact(0), "image": knownvalue.NotNull(), "profile": knownvalue.StringExact("standard"),
					})),
					statecheck.ExpectKnownValue(providertest.ClusterAddress, tfjsonpath.New("effective_options").AtMapKey("gpu"), knownvalue.Bool(false)),
					providertest.Requested(mock, "POST", "*/clusters/", 1),
					providertest.Requested(mock, "POST", "*/adapt", 1),
					providertest.Requested(mock, "POST", "*/scale", 0),
					providertest.Requested(mock, "DELETE", "*", 0),
				},
			},
			{Config: config, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
		},
	})
	providertest.AssertNothingRuns(t, mock)
}

func TestAccDaskCluster_resizesInPlace(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	sized := func(size string) string {
		return providertest.ProviderBlock(mock) + "resource \"pc_dask_cluster\" \"test\" {\n" + size + "\n}"
	}
	clearRequests := func() { mock.ClearRequests() }
	same := statecheck.CompareValue(compare.ValuesSame())
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{
				Config:            sized("adapt = { minimum = 1, maximum = 100 }"),
				ConfigStateChecks: []statecheck.StateCheck{same.AddStateValue(providertest.ClusterAddress, tfjsonpath.New("name"))},
			},
			{
				PreConfig:        clearRequests,
				Config:           sized("adapt = { minimum = 2, maximum = 50 }"),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					same.AddStateValue(providertest.ClusterAddress, tfjsonpath.New("name")),
					providertest.Requested(mock, "POST", "*", 1),
					providertest.AfterApply(func() error { return providertest.WantBody(mock, "/adapt", `{"active":true,"maximum":50,"minimum":2}`) }),
				},
			},
			{
				PreConfig:        clearRequests,
				Config:           sized("workers = 3\n wait_for_workers = 3"),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					same.AddStateValue(providertest.ClusterAddress, tfjsonpath.New("name")),
					providertest.Requested(mock, "POST", "*", 1),
					providertest.AfterApply(func() error { return providertest.WantBody(mock, "/scale", `{"count":3}`) }),
				},
			},
			{
				PreConfig:         clearRequests,
				Config:            sized("timeouts = { delete = \"1m\" }"),
				ConfigPlanChecks:  expectAction(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{providertest.Requested(mock, "POST", "*", 0)},
			},
			{Config: sized("adapt = { minimum = 2, maximum = 50 }")},
			{
				PreConfig:        clearRequests,
				Config:           sized(""),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					same.AddStateValue(providertest.ClusterAddress, tfjsonpath.New("name")),
					providertest.Requested(mock, "POST", "*", 1),
					providertest.AfterApply(func() error {
						return providertest.WantBody(mock, "/adapt", `{"active":false,"maximum":null,"minimum":null}`)
					}),
				},
			},
		},
	})
	providertest.AssertNothingRuns(t, mock)
}

func TestAccDaskCluster_isReplacedOnlyWhenAnOptionDiffers(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	with := func(options string) string {
		return providertest.ProviderBlock(mock) + "resource \"pc_dask_cluster\" \"test\" {\n options = " + options + "\n}"
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{Config: with(`{ worker_cores = 2, worker_memory = 8 }`)},
			{
				// 8 is the gateway's default, so leaving it out changes nothing.
				Config:           with(`{ worker_cores = 2.0 }`),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate),
			},
			{
				// A null is Terraform's way to leave an argument out.
				Config:           with(`{ worker_cores = 2.0, gpu = null }`),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate),
			},
			{
				Config:            with(`{ worker_cores = 3 }`),
				ConfigPlanChecks:  expectAction(plancheck.ResourceActionDestroyBeforeCreate),
				ConfigStateChecks: []statecheck.StateCheck{providertest.Requested(mock, "POST", "*/clusters/", 2)},
			},
			{
				// 3 is not the default, so leaving it out requires another cluster.
				Config:           with(`{}`),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionDestroyBeforeCreate),
			},
			{
				Config:           with(`{ environment = { A = "1" } }`),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionDestroyBeforeCreate),
			},
			{
				Config:           with(`tomap({ environment = tomap({ A = "1" }) })`),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate),
			},
		},
	})
	providertest.AssertNothingRuns(t, mock)
}

func TestAccDaskCluster_isPlannedAnewWhenItHasEnded(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*providertest.Mock, string){
		"stopped":   (*providertest.Mock).StopCluster,
		"failed":    (*providertest.Mock).FailCluster,
		"no record": (*providertest.Mock).DeleteClusterRecord,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			config := providertest.ProviderBlock(mock) + `resource "pc_dask_cluster" "test" {}`
			differ := statecheck.CompareValue(compare.ValuesDiffer())
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: providertest.Factories(mock),
				Steps: []resource.TestStep{
					{Config: config, ConfigStateChecks: []statecheck.StateCheck{differ.AddStateValue(providertest.ClusterAddress, tfjsonpath.New("name"))}},
					{
						PreConfig:         func() { end(mock, mock.Clusters("alice")[0].Name) },
						Config:            config,
						ConfigPlanChecks:  expectAction(plancheck.ResourceActionCreate),
						ConfigStateChecks: []statecheck.StateCheck{differ.AddStateValue(providertest.ClusterAddress, tfjsonpath.New("name"))},
					},
				},
			})
			providertest.AssertNothingRuns(t, mock)
		})
	}
}

func TestAccDaskCluster_isImportedWithoutReplacement(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	name := mock.AddCluster("alice", map[string]any{"worker_cores": 2.0})
	mock.Clock.Advance(time.Minute)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{
				Config: providertest.ProviderBlock(mock) + `
import {
  to = pc_dask_cluster.test
  id = "` + name + `"
}
resource "pc_dask_cluster" "test" {
  options = { worker_cores = 2 }
  adapt   = { minimum = 0, maximum = 4 }
}`,
				ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					clusterHas("name", knownvalue.StringExact(name)),
					providertest.Requested(mock, "POST", "*/clusters/", 0),
					providertest.Requested(mock, "POST", "*/adapt", 1),
				},
			},
			{
				ResourceName:                         providertest.ClusterAddress,
				ImportState:                          true,
				ImportStateId:                        name,
				ImportStateVerify:                    true,
				ImportStateVerifyIdentifierAttribute: "name",
				ImportStateVerifyIgnore:              []string{"options", "adapt", "max_workers"},
			},
			{
				ResourceName:  providertest.ClusterAddress,
				ImportState:   true,
				ImportStateId: "no such name",
				ExpectError:   regexp.MustCompile("not the name of a cluster"),
			},
		},
	})
	providertest.AssertNothingRuns(t, mock)
}

func TestAccDaskCluster_isReplacedAfterAFailedStart(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	config := providertest.ProviderBlock(mock) + `resource "pc_dask_cluster" "test" {}`
	mock.SetStartsFail(true)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{Config: config, ExpectError: regexp.MustCompile(`(?s)The cluster did not start.*became (FAILED|STOPPING)`)},
			{
				PreConfig:         func() { mock.SetStartsFail(false) },
				Config:            config,
				ConfigStateChecks: []statecheck.StateCheck{clusterHas("status", knownvalue.StringExact("RUNNING"))},
			},
		},
	})
	providertest.AssertNothingRuns(t, mock)
}

func TestAccDaskCluster_plansWithAnUnknownAddress(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	token := mock.NewToken("alice")
	config := func(generation int) string {
		return fmt.Sprintf(`
resource "terraform_data" "hub" {
  input            = %q
  triggers_replace = %d
}
provider "pc" {
  address   = terraform_data.hub.output
  api_token = %q
}
resource "pc_dask_cluster" "test" {
  options = { worker_cores = 2 }
}`, mock.GatewayURL(), generation, token)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{Config: config(1), ConfigStateChecks: []statecheck.StateCheck{clusterHas("status", knownvalue.StringExact("RUNNING"))}},
			{Config: config(1), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
			{
				// The address is unknown again, and the cluster exists already.
				Config:            config(2),
				ConfigPlanChecks:  expectAction(plancheck.ResourceActionNoop),
				ConfigStateChecks: []statecheck.StateCheck{providertest.Requested(mock, "POST", "*/clusters/", 1)},
			},
		},
	})
	providertest.AssertNothingRuns(t, mock)
}
