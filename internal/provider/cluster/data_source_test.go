// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const clusterDataAddress = "data.pc_dask_cluster.test"

// clusterDataHas asserts an attribute of the data source pc_dask_cluster.
func clusterDataHas(attribute string, want knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(clusterDataAddress, tfjsonpath.New(attribute), want)
}

func TestAccDaskClusterData_countsTheWorkers(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	config := func(arguments, name string) string {
		return providertest.ProviderBlock(mock) + `
resource "pc_dask_cluster" "test" {
  options          = { worker_cores = 2, worker_memory = 4 }
` + arguments + `
}
data "pc_dask_cluster" "test" {
  name = ` + name + `
}`
	}
	anonymous := providertest.AfterApply(func() error {
		for _, request := range mock.Requests() {
			if strings.Contains(request.Path, "/json/") && request.Header.Get("Authorization") != "" {
				return fmt.Errorf("the scheduler was sent credentials: %s", request.Path)
			}
		}
		return nil
	})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{Config: config("", `"x/../y"`), ExpectError: regexp.MustCompile("This is not the name of a cluster")},
			{Config: config("", `""`), ExpectError: regexp.MustCompile("This is not the name of a cluster")},
			{
				Config: config("  workers = 3\n  wait_for_workers = 3", "pc_dask_cluster.test.name"),
				ConfigStateChecks: []statecheck.StateCheck{
					clusterDataHas("workers", knownvalue.Int64Exact(3)),
					clusterDataHas("threads", knownvalue.Int64Exact(6)),
					clusterDataHas("memory", knownvalue.Int64Exact(3*4<<30)),
					clusterDataHas("status", knownvalue.StringExact("RUNNING")),
					clusterDataHas("scheduler_address", knownvalue.StringRegexp(regexp.MustCompile(`^gateway://127\.0\.0\.1:\d+/[0-9a-z.]+$`))),
					clusterDataHas("dashboard_link", knownvalue.StringRegexp(regexp.MustCompile(`/clusters/[0-9a-z.]+/status$`))),
					clusterDataHas("started_at", providertest.IsTime),
					clusterDataHas("stopped_at", knownvalue.Null()),
					clusterDataHas("options", knownvalue.StringRegexp(regexp.MustCompile(`"worker_cores":2(\.0)?[,}]`))),
					anonymous,
				},
			},
		},
	})
	providertest.AssertNothingRuns(t, mock)
}

func TestAccDaskClusterData_showsClustersThatDoNotRun(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	stopped := mock.AddCluster("alice", nil)
	mock.StopCluster(stopped)
	bobs := mock.AddCluster("bob", nil)
	mock.Clock.Advance(time.Minute)
	config := func(name string) string {
		return providertest.ProviderBlock(mock) + "data \"pc_dask_cluster\" \"test\" {\n  name = \"" + name + "\"\n}\n"
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{
				Config: config(stopped),
				ConfigStateChecks: []statecheck.StateCheck{
					clusterDataHas("status", knownvalue.StringExact("STOPPED")),
					clusterDataHas("stopped_at", providertest.IsTime),
					clusterDataHas("dashboard_link", knownvalue.Null()),
					clusterDataHas("workers", knownvalue.Null()),
					clusterDataHas("threads", knownvalue.Null()),
					clusterDataHas("memory", knownvalue.Null()),
					providertest.Requested(mock, http.MethodGet, "*/json/*", 0),
				},
			},
			{Config: config("0123456789abcdef0123456789abcdef"), ExpectError: regexp.MustCompile(`(?s)There is no cluster.*confirmed by several\s+lookups`)},
			{Config: config(bobs), ExpectError: regexp.MustCompile(`(?s)could not be read.*lacks\s+permissions`)},
		},
	})
}

// TestDaskClusterData_warnsIfTheSchedulerDoesNotRespond expects no error, because the
// gateway still reports the cluster.
func TestDaskClusterData_warnsIfTheSchedulerDoesNotRespond(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault mockserver.Fault
		want  string
	}{
		"502 of the proxy":                 {mockserver.Fault{Times: 1000, Status: http.StatusBadGateway}, "502"},
		"404 of the proxy":                 {mockserver.Fault{Times: 1000, Status: http.StatusNotFound, ContentType: "text/plain", Body: "404: Not Found"}, "404"},
		"a sign-in page":                   {mockserver.Fault{Times: 1000, Status: http.StatusOK, ContentType: "text/html", Body: "<title>Sign in</title>"}, "Sign in"},
		"the user's code, with other JSON": {mockserver.Fault{Times: 1000, Status: http.StatusOK, ContentType: "application/json", Body: `{"n_workers": 1}`}, "not from a scheduler"},
		"a lost connection":                {mockserver.Fault{Times: 1000, Drop: mockserver.DropAfterHandling}, "could not be counted"},
		"a redirect":                       {mockserver.Fault{Times: 1000, Status: http.StatusFound, Header: http.Header{"Location": {"https://example.com/"}}}, "302"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			running := mock.AddCluster("alice", nil)
			mock.Clock.Advance(time.Minute)
			test.fault.Path = "*/json/*"
			mock.FailNext(test.fault)
			state, diagnostics := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock)).ReadData(t, "pc_dask_cluster", map[string]any{"name": running})
			providertest.AssertDiagnostics(t, diagnostics, providertest.WarningAt(`AttributeName("workers")`, test.want))
			if !state["workers"].IsNull() || !state["status"].Equal(tftypes.NewValue(tftypes.String, "RUNNING")) {
				t.Errorf("got %s workers, %s", state["workers"], state["status"])
			}
		})
	}
}

func TestDaskClusterData_reportsAClusterThatEndsWhileItIsCounted(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	running := mock.AddCluster("alice", nil)
	mock.Clock.Advance(time.Minute)
	mock.FailNext(mockserver.Fault{Path: "*/json/*", Times: 1000, Status: http.StatusBadGateway, BeforeRequest: func() { mock.StopCluster(running) }})
	state, diagnostics := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock)).ReadData(t, "pc_dask_cluster", map[string]any{"name": running})
	providertest.AssertNoDiagnostics(t, diagnostics)
	if !state["status"].Equal(tftypes.NewValue(tftypes.String, "STOPPED")) || !state["workers"].IsNull() {
		t.Errorf("got %s, %s workers", state["status"], state["workers"])
	}
}
