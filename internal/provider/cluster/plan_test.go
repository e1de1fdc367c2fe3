// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"math/big"
	"net/http"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

func TestDaskCluster_validatesWithoutTheGateway(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	adapt := func(minimum, maximum any) map[string]any {
		return map[string]any{"adapt": map[string]any{"minimum": minimum, "maximum": maximum}}
	}
	options := func(members map[string]any) map[string]any { return map[string]any{"options": members} }
	outOfRange, _, _ := big.ParseFloat("1e400", 10, 512, big.ToNearestEven)
	for name, test := range map[string]struct {
		config map[string]any
		want   providertest.ExpectedDiagnostic
	}{
		"nothing set":             {map[string]any{}, providertest.ExpectedDiagnostic{}},
		"adapt":                   {adapt(1, 100), providertest.ExpectedDiagnostic{}},
		"adapt without bounds":    {adapt(nil, nil), providertest.ErrorAt(`AttributeName("adapt")`, "Missing minimum or maximum in adapt")},
		"adapt without maximum":   {adapt(0, nil), providertest.ExpectedDiagnostic{}},
		"adapt with one number":   {adapt(2, 2), providertest.ExpectedDiagnostic{}},
		"minimum over maximum":    {adapt(3, 1), providertest.ErrorAt(`AttributeName("adapt").ElementKeyString("minimum")`, "must not be greater than maximum = 1")},
		"minimum below zero":      {adapt(-1, 1), providertest.ErrorAt(`AttributeName("adapt").ElementKeyString("minimum")`, "at least 0")},
		"maximum below zero":      {adapt(nil, -5), providertest.ErrorAt(`AttributeName("adapt").ElementKeyString("maximum")`, "at least 0")},
		"workers below zero":      {map[string]any{"workers": -1}, providertest.ErrorAt(`AttributeName("workers")`, "at least 0")},
		"unknown bounds":          {adapt(providertest.Unknown{}, 1), providertest.ExpectedDiagnostic{}},
		"number out of range":     {options(map[string]any{"environment": map[string]any{"N": outOfRange}}), providertest.ErrorAt(`AttributeName("options").ElementKeyString("environment").ElementKeyString("N")`, "Number out of range")},
		"too many digits":         {options(map[string]any{"worker_memory": 16e9 / (1 << 30)}), providertest.ErrorAt(`AttributeName("options").ElementKeyString("worker_memory")`, "Round it")},
		"options that are a list": {map[string]any{"options": []any{"a"}}, providertest.ErrorAt(`AttributeName("options")`, "must be an object")},
		"options that are text":   {map[string]any{"options": "worker_cores=2"}, providertest.ErrorAt(`AttributeName("options")`, "must be an object")},
		"unknown options":         {map[string]any{"options": providertest.Unknown{}}, providertest.ExpectedDiagnostic{}},
		"wait without workers":    {map[string]any{"wait_for_workers": 1}, providertest.ErrorAt(`AttributeName("wait_for_workers")`, "no workers to wait for")},
		"wait over workers":       {map[string]any{"workers": 2, "wait_for_workers": 3}, providertest.ErrorAt(`AttributeName("wait_for_workers")`, "must not be greater than workers = 2")},
		"zero timeout": {
			map[string]any{"timeouts": map[string]any{"create": "0s"}},
			providertest.ErrorAt(`AttributeName("timeouts").ElementKeyString("create")`, "Timeout must be positive"),
		},
		"workers and adapt": {
			map[string]any{"workers": 2, "adapt": map[string]any{"minimum": 1, "maximum": 2}},
			providertest.ErrorAt(`AttributeName("workers")`, "Conflicting arguments"),
		},
		"wait over maximum": {
			map[string]any{"adapt": map[string]any{"minimum": 1, "maximum": 2}, "wait_for_workers": 3},
			providertest.ErrorAt(`AttributeName("wait_for_workers")`, "must not be greater than adapt.maximum = 2"),
		},
		"wait over minimum": {
			map[string]any{"adapt": map[string]any{"minimum": 1, "maximum": 9}, "wait_for_workers": 3},
			providertest.WarningAt(`AttributeName("wait_for_workers")`, "only while there is work"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			providertest.AssertDiagnostics(t, client.Validate(t, "pc_dask_cluster", test.config), test.want)
		})
	}
}

func TestDaskCluster_checksOptionsWhenPlanned(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	at := func(name string) string { return `AttributeName("options").ElementKeyString("` + name + `")` }
	for name, test := range map[string]struct {
		options map[string]any
		want    providertest.ExpectedDiagnostic
	}{
		"all kinds":        {map[string]any{"worker_cores": 2, "gpu": true, "image": "a:b", "environment": map[string]any{"A": "1"}}, providertest.ExpectedDiagnostic{}},
		"misspelt":         {map[string]any{"worker_core": 2}, providertest.ErrorAt(at("worker_core"), `Did you mean "worker_cores"?`)},
		"unknown":          {map[string]any{"zzzzzzzzzzzz": 2}, providertest.ErrorAt(at("zzzzzzzzzzzz"), "This gateway has the cluster options worker_cores")},
		"text for number":  {map[string]any{"worker_cores": "two"}, providertest.ErrorAt(at("worker_cores"), "number")},
		"number for text":  {map[string]any{"image": 5}, providertest.ErrorAt(at("image"), "string")},
		"number for bool":  {map[string]any{"gpu": 1}, providertest.ErrorAt(at("gpu"), "bool")},
		"list for mapping": {map[string]any{"environment": []any{"X"}}, providertest.ErrorAt(at("environment"), "map")},
		"too large":        {map[string]any{"worker_cores": 99}, providertest.ErrorAt(at("worker_cores"), "8")},
		"too small":        {map[string]any{"worker_cores": 0}, providertest.ErrorAt(at("worker_cores"), "0.1")},
		"unknown value":    {map[string]any{"worker_cores": providertest.Unknown{}}, providertest.ExpectedDiagnostic{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := client.Plan(t, "pc_dask_cluster", client.None(t), map[string]any{"options": test.options})
			providertest.AssertDiagnostics(t, resp.Diagnostics, test.want)
		})
	}
	t.Cleanup(func() {
		if posts := mock.CountRequests(http.MethodPost, "*"); posts != 0 {
			t.Errorf("%d POST requests were made by plans", posts)
		}
	})
}

func TestDaskCluster_plansWhileTheGatewayIsUnreachable(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	unreachable := providertest.Block(mock)
	mock.Close()
	unreachable["max_retries"] = 0
	client := providertest.NewClient(t, unreachable)
	resp := client.Plan(t, "pc_dask_cluster", client.None(t), map[string]any{})
	providertest.AssertDiagnostics(t, resp.Diagnostics, providertest.WarningAt(`AttributeName("options")`, "The plan goes on without the check"))
}

func TestDaskCluster_planFailsOnBadCredentials(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	bad := providertest.Block(mock)
	bad["api_token"] = "0123456789abcdef0123456789abcdef"
	client := providertest.NewClient(t, bad)
	resp := client.Plan(t, "pc_dask_cluster", client.None(t), map[string]any{})
	providertest.AssertDiagnostics(t, resp.Diagnostics, providertest.ErrorAt("", "rejected the credentials from api_token in the provider block"))
	if got := mock.CountRequests(http.MethodGet, "*/options"); got != 1 {
		t.Errorf("a bad token was tried %d times, want 1", got)
	}
}

func TestDaskCluster_reportsServerMessage(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	_, diagnostics := client.Apply(t.Context(), t, "pc_dask_cluster", client.None(t),
		map[string]any{"options": map[string]any{"image": "pangeo"}})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("options")`, "When specifying an image you must also provide a tag"))
}

func TestDaskCluster_warnsOfAClampedRequest(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{MaxWorkers: 4})
	client := providertest.NewClient(t, providertest.Block(mock))
	created, diagnostics := client.Apply(t.Context(), t, "pc_dask_cluster", client.None(t),
		map[string]any{"adapt": map[string]any{"minimum": 1, "maximum": 99}})
	providertest.AssertDiagnostics(t, diagnostics, providertest.WarningAt(`AttributeName("adapt")`, "would exceed resource limit of 4 workers"))
	_, diagnostics = client.Apply(t.Context(), t, "pc_dask_cluster", created, map[string]any{"workers": 7})
	providertest.AssertDiagnostics(t, diagnostics, providertest.WarningAt(`AttributeName("workers")`, "Scaling to 4 instead"))
}

func TestProvider_namesEverySourceOfAMissingSetting(t *testing.T) {
	t.Parallel()
	for argument, block := range map[string]map[string]any{
		"api_token": {"address": "http://127.0.0.1:1/services/dask-gateway/"},
		"address":   {"api_token": "x"},
	} {
		t.Run(argument, func(t *testing.T) {
			t.Parallel()
			client := providertest.NewClient(t, block)
			resp := client.Plan(t, "pc_dask_cluster", client.None(t), map[string]any{})
			if len(resp.Diagnostics) != 1 {
				t.Fatalf("%d diagnostics, want 1", len(resp.Diagnostics))
			}
			for _, place := range []string{argument, "provider block", "PC_" + strings.ToUpper(argument), "DASK_GATEWAY__"} {
				if detail := resp.Diagnostics[0].Detail; !strings.Contains(detail, place) {
					t.Errorf("%q does not name %q", detail, place)
				}
			}
		})
	}
}

func TestDaskCluster_isImportedByIdentity(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	name := mock.AddCluster("alice", nil)
	client := providertest.NewClient(t, providertest.Block(mock))
	read := client.Imported(t, "pc_dask_cluster", name)
	if got := client.Text(t, "pc_dask_cluster", read.State, "name"); got != name {
		t.Errorf("name = %q, want %q", got, name)
	}
	plan := client.Plan(t, "pc_dask_cluster", read, map[string]any{})
	providertest.AssertNoDiagnostics(t, plan.Diagnostics)
	if len(plan.RequiresReplace) != 0 {
		t.Errorf("a replacement is planned because of %v", plan.RequiresReplace)
	}
}
