// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"net/http"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const clustersDataAddress = "data.pc_clusters.test"

func TestAccClusters_listsTheUsersOwn(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	running := mock.AddCluster("alice", map[string]any{"worker_cores": 2.0})
	stopped := mock.AddCluster("alice", nil)
	mock.StopCluster(stopped)
	failed := mock.AddCluster("alice", nil)
	mock.FailCluster(failed)
	mock.AddCluster("bob", nil)
	// A gateway on Kubernetes lists a cluster once its cache contains it.
	mock.Clock.Advance(time.Minute)
	hasNames := func(want ...string) statecheck.StateCheck {
		slices.Sort(want)
		exact := make([]knownvalue.Check, 0, len(want))
		for _, name := range want {
			exact = append(exact, knownvalue.StringExact(name))
		}
		return statecheck.ExpectKnownValue(clustersDataAddress, tfjsonpath.New("names"), knownvalue.ListExact(exact))
	}
	listedHas := func(name, attribute string, want knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(clustersDataAddress, tfjsonpath.New("clusters").AtMapKey(name).AtMapKey(attribute), want)
	}
	config := func(arguments string) string {
		return providertest.ProviderBlock(mock) + "data \"pc_clusters\" \"test\" {\n" + arguments + "\n}\n"
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{
				Config: config(""),
				ConfigStateChecks: []statecheck.StateCheck{
					hasNames(running),
					listedHas(running, "status", knownvalue.StringExact("RUNNING")),
					listedHas(running, "scheduler_address", knownvalue.StringRegexp(regexp.MustCompile(`^gateway://127\.0\.0\.1:\d+/`+running+`$`))),
					listedHas(running, "dashboard_link", knownvalue.StringExact(mock.GatewayURL()+"clusters/"+running+"/status")),
					listedHas(running, "started_at", providertest.IsTime),
					listedHas(running, "stopped_at", knownvalue.Null()),
					// The local backend writes 2.0, Kubernetes 2.
					listedHas(running, "options", knownvalue.StringRegexp(regexp.MustCompile(`"worker_cores":2(\.0)?[,}]`))),
				},
			},
			{
				Config: config(`statuses = ["stopped", "FAILED"]`),
				ConfigStateChecks: []statecheck.StateCheck{
					hasNames(stopped, failed),
					listedHas(stopped, "status", knownvalue.StringExact("STOPPED")),
					listedHas(stopped, "stopped_at", providertest.IsTime),
					listedHas(stopped, "dashboard_link", knownvalue.Null()),
					listedHas(failed, "status", knownvalue.StringExact("FAILED")),
				},
			},
			{Config: config(`statuses = ["STOPPING"]`), ConfigStateChecks: []statecheck.StateCheck{hasNames()}},
			{Config: config(`statuses = []`), ExpectError: regexp.MustCompile("at least one member")},
			{Config: config(`statuses = ["running "]`), ExpectError: regexp.MustCompile(`value\s+must\s+be\s+one\s+of`)},
			{
				PreConfig: func() {
					mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/clusters/", Times: 100, Status: http.StatusForbidden, ContentType: "text/plain", Body: "go away"})
				},
				Config:      config(""),
				ExpectError: regexp.MustCompile(`(?s)The clusters were not listed.*go away`),
			},
		},
	})
}

func TestAccClusters_needsItsAddressWhenItIsRead(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	config := func(arguments string) string {
		return `
resource "terraform_data" "hub" {
  input = "` + mock.GatewayURL() + `"
}
provider "pc" {
  address   = terraform_data.hub.output
  api_token = "` + mock.NewToken("alice") + `"
}
data "pc_clusters" "test" {
` + arguments + `
}`
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{Config: config(""), ExpectError: regexp.MustCompile(`depends_on`)},
			{
				Config:            config("depends_on = [terraform_data.hub]"),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(clustersDataAddress, tfjsonpath.New("names"), knownvalue.ListExact(nil))},
			},
		},
	})
}
