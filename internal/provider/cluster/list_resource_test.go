// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"
	"github.com/hashicorp/terraform-plugin-testing/querycheck/queryfilter"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const clusterListPath = "*/api/v1/clusters/"

// listNames returns the names of the listed clusters, sorted.
func listNames(t *testing.T, results []providertest.Listed) []string {
	t.Helper()
	names := []string{}
	for _, result := range results {
		providertest.AssertNoDiagnostics(t, result.Diagnostics)
		names = append(names, result.Text(t, "name"))
	}
	slices.Sort(names)
	return names
}

func TestListClusters_filters(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	old := mock.AddCluster("alice", map[string]any{"worker_cores": 2.0})
	stopped := mock.AddCluster("alice", nil)
	mock.StopCluster(stopped)
	mock.PassTime(20 * time.Hour)
	young := mock.AddCluster("alice", nil)
	mock.AddCluster("bob", nil)
	mock.PassTime(time.Hour)
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	for name, test := range map[string]struct {
		config map[string]any
		want   []string
	}{
		"active clusters by default":    {nil, []string{old, young}},
		"statuses in any case":          {map[string]any{"statuses": []any{"stopped"}}, []string{stopped}},
		"several statuses":              {map[string]any{"statuses": []any{"STOPPED", "RUNNING"}}, []string{old, young, stopped}},
		"older than":                    {map[string]any{"older_than": "2h"}, []string{old}},
		"none is that old":              {map[string]any{"older_than": "48h"}, nil},
		"options":                       {map[string]any{"options": map[string]any{"worker_cores": 2}}, []string{old}},
		"another value":                 {map[string]any{"options": map[string]any{"worker_cores": 3}}, nil},
		"an option that nobody has":     {map[string]any{"options": map[string]any{"flavour": "x"}}, nil},
		"name prefix":                   {map[string]any{"name_prefix": young[:12]}, []string{young}},
		"all conditions must be met":    {map[string]any{"name_prefix": young[:12], "older_than": "2h"}, nil},
		"age and options of the oldest": {map[string]any{"options": map[string]any{"worker_cores": 2.0}, "older_than": "2h"}, []string{old}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slices.Sort(test.want)
			if got := listNames(t, client.List(t.Context(), t, providertest.ClusterType, providertest.ListQuery{Config: test.config})); !slices.Equal(got, test.want) {
				t.Errorf("listed %q, want %q", got, test.want)
			}
		})
	}
}

func TestListClusters_displayNameShowsStatusAgeAndOptions(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	name := mock.AddCluster("alice", map[string]any{"worker_cores": 2.0, "image": "example/image:s3cret"})
	mock.PassTime(3 * time.Hour)
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	results := client.List(t.Context(), t, providertest.ClusterType, providertest.ListQuery{})
	if len(results) != 1 {
		t.Fatalf("listed %d clusters, want 1", len(results))
	}
	got := results[0].DisplayName
	for _, want := range []string{name, "RUNNING", "started 3h0m0s ago", "worker_cores = 2"} {
		if !strings.Contains(got, want) {
			t.Errorf("display name %q does not contain %q", got, want)
		}
	}
	if strings.Contains(got, "s3cret") {
		t.Errorf("display name %q contains the value of a free text", got)
	}
	if results[0].Resource != nil {
		t.Error("the result has a resource that was not requested")
	}
}

func TestListClusters_resourceHasWhatAConfigurationNeeds(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	name := mock.AddCluster("alice", map[string]any{"worker_cores": 2.0})
	mock.PassTime(time.Minute)
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	results := client.List(t.Context(), t, providertest.ClusterType, providertest.ListQuery{IncludeResource: true})
	if len(results) != 1 {
		t.Fatalf("listed %d clusters, want 1", len(results))
	}
	listed := results[0]
	if got := listed.Text(t, "name"); got != name {
		t.Errorf("name is %q, want %q", got, name)
	}
	if got := fmt.Sprint(listed.Resource["options"]); !strings.Contains(got, "worker_cores") || strings.Contains(got, "image") {
		t.Errorf("options are %s, want those that differ from the defaults", got)
	}
}

// Terraform stops reading at the limit, whose default is 100, and does not report it.
func TestListClusters_warnsAtTheLimitAndListsOnce(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	for range 300 {
		mock.AddCluster("alice", nil)
	}
	mock.PassTime(time.Minute)
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	mock.ClearRequests()
	for limit, want := range map[int64]int{100: 100, 299: 299, 300: 300, 1000: 300} {
		results := client.List(t.Context(), t, providertest.ClusterType, providertest.ListQuery{Limit: limit})
		if len(results) != want {
			t.Fatalf("limit %d: %d results, want %d", limit, len(results), want)
		}
		warning := providertest.ExpectedDiagnostic{}
		if want < 300 {
			warning = providertest.WarningAt("", fmt.Sprintf("the first %d of 300. Set limit = 300", want))
		}
		for i, result := range results {
			expected := providertest.ExpectedDiagnostic{}
			if i == want-1 {
				expected = warning
			}
			providertest.AssertDiagnostics(t, result.Diagnostics, expected)
		}
	}
	if got := mock.CountRequests(http.MethodGet, clusterListPath); got != 4 {
		t.Errorf("four queries of 300 clusters needed %d listings, want 4", got)
	}
	if got := mock.CountRequests(http.MethodGet, "*/clusters/*.*"); got != 0 {
		t.Errorf("the queries requested %d single clusters, want none", got)
	}
}

func TestListClusters_failureIsAnErrorAndNoList(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(mock *providertest.Mock, block map[string]any)
		want    string
	}{
		"refused token":       {func(_ *providertest.Mock, block map[string]any) { block["api_token"] = "wrong" }, "The clusters were not listed"},
		"gateway unreachable": {func(mock *providertest.Mock, _ map[string]any) { mock.Close() }, "The clusters were not listed"},
		"gateway down": {func(mock *providertest.Mock, _ map[string]any) {
			fault := mockserver.GatewayUnavailable()
			fault.Path, fault.Times = clusterListPath, 1000
			mock.FailNext(fault)
		}, "The clusters were not listed"},
		"connection lost during the listing": {func(mock *providertest.Mock, _ map[string]any) {
			mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: clusterListPath, Times: 1000, Drop: mockserver.DropMidResponse})
		}, "The clusters were not listed"},
		"options forbidden": {func(mock *providertest.Mock, _ map[string]any) {
			mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/options", Times: 1000, Status: http.StatusForbidden, ContentType: "text/plain", Body: "go away"})
		}, "The cluster options of the gateway were not read"},
		"address is missing": {func(_ *providertest.Mock, block map[string]any) { delete(block, "address") }, "address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			for range 3 {
				mock.AddCluster("alice", nil)
			}
			mock.PassTime(time.Minute)
			block := providertest.Block(mock)
			test.prepare(mock, block)
			client := providertest.NewClientWith(t, mock.Clock, block)
			client.AssertListFails(t, providertest.ClusterType, providertest.ListQuery{IncludeResource: true}, providertest.ErrorAt("", test.want))
		})
	}
}

func TestListClusters_invalidConfigurationIsAnError(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	for name, test := range map[string]struct {
		config map[string]any
		want   providertest.ExpectedDiagnostic
	}{
		"valid":          {map[string]any{"options": map[string]any{"worker_cores": 1}, "older_than": "1h"}, providertest.ExpectedDiagnostic{}},
		"unknown status": {map[string]any{"statuses": []any{"GONE"}}, providertest.ErrorAt(`AttributeName("statuses").ElementKeyInt(0)`, "value must be one of")},
		"no statuses":    {map[string]any{"statuses": []any{}}, providertest.ErrorAt(`AttributeName("statuses")`, "at least one member")},
		"options":        {map[string]any{"options": "worker_cores"}, providertest.ErrorAt(`AttributeName("options")`, "must be an object")},
		"age":            {map[string]any{"older_than": "a day"}, providertest.ErrorAt(`AttributeName("older_than")`, "duration")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			providertest.AssertDiagnostics(t, client.ValidateList(t, providertest.ClusterType, test.config), test.want)
		})
	}
}

func TestListClusters_endsWithItsContext(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: clusterListPath, Times: 1000, BeforeRequest: cancel, RequestDelay: 0, ResponseDelay: time.Hour})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	results := client.List(ctx, t, providertest.ClusterType, providertest.ListQuery{})
	if len(results) != 1 || !strings.Contains(results[0].Diagnostics[0].Summary, "Terraform was interrupted") {
		t.Errorf("got %v, want only the error", results)
	}
}

func TestAccListClusters_query(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	name := mock.AddCluster("alice", map[string]any{"worker_cores": 2.0})
	mock.AddCluster("alice", nil)
	mock.PassTime(time.Minute)
	list := func(label, config string) string {
		return "list \"pc_dask_cluster\" \"" + label + "\" {\n  provider = pc\n  include_resource = true\n  config {\n" + config + "\n  }\n}\n"
	}
	identity := map[string]knownvalue.Check{"name": knownvalue.StringExact(name)}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)},
		Steps: []resource.TestStep{{
			Query:  true,
			Config: providertest.ProviderBlock(mock) + list("all", "") + list("large", "options = { worker_cores = 2 }"),
			QueryResultChecks: []querycheck.QueryResultCheck{
				querycheck.ExpectLength("pc_dask_cluster.all", 2),
				querycheck.ExpectLength("pc_dask_cluster.large", 1),
				querycheck.ExpectIdentity("pc_dask_cluster.large", identity),
				querycheck.ExpectResourceKnownValues("pc_dask_cluster.large", queryfilter.ByResourceIdentity(identity), []querycheck.KnownValueCheck{
					{Path: tfjsonpath.New("status"), KnownValue: knownvalue.StringExact("RUNNING")},
				}),
			},
		}},
	})
}
