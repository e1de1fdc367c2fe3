// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// otherDefaults are the options of a gateway whose administrator has changed every
// default.
const otherDefaults = `{"cluster_options": [
	{"field": "worker_cores", "label": "", "default": 4, "spec": {"type": "float", "min": 0.1, "max": 8}},
	{"field": "worker_memory", "label": "", "default": 16, "spec": {"type": "float", "min": 1, "max": 64}},
	{"field": "image", "label": "", "default": "other:2", "spec": {"type": "string"}},
	{"field": "gpu", "label": "", "default": true, "spec": {"type": "bool"}},
	{"field": "environment", "label": "", "default": {"B": "2"}, "spec": {"type": "mapping"}}]}`

// planProperty plans clusters in different surroundings: gateways, clocks,
// environments and provider blocks.
func planProperty(t *testing.T, mock *providertest.Mock) providertest.PlanProperty {
	t.Helper()
	block := providertest.Block(mock)
	unknown := func(arguments ...string) providertest.Client {
		later := maps.Clone(block)
		for _, argument := range arguments {
			later[argument] = providertest.Unknown{}
		}
		return providertest.NewClientWith(t, mock.Clock, later)
	}
	daskFile := filepath.Join(t.TempDir(), "gateway.yaml")
	if err := os.WriteFile(daskFile, []byte("gateway: {cluster: {options: {worker_memory: 16}}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES", "2")
	t.Setenv("DASK_CONFIG", daskFile)
	environment := providertest.NewClientWith(t, mock.Clock, block)
	t.Setenv("DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES", "4")
	t.Setenv("DASK_CONFIG", "")
	future := providertest.NewClientWith(t, clock.NewFake(clock.Real().Now().Add(1000*time.Hour)), block)

	respondsWith := func(status int, body string) providertest.Client {
		return providertest.NewClient(t, providertest.RespondingBlock(t, status, body))
	}
	known, withoutAddress := providertest.NewClientWith(t, mock.Clock, block), unknown("address", "api_token")
	return providertest.PlanProperty{
		Type:  providertest.ClusterType,
		First: map[string]providertest.Client{"known provider": known, "unknown address": withoutAddress, "unknown token": unknown("api_token")},
		Others: []providertest.Client{
			known, withoutAddress, environment, future,
			respondsWith(http.StatusOK, otherDefaults), respondsWith(http.StatusServiceUnavailable, "down"),
		},
		Priors:  priorClusters(t, mock, known),
		Changes: clusterChanges,
	}
}

func priorClusters(t *testing.T, mock *providertest.Mock, client providertest.Client) []providertest.PriorInstance {
	t.Helper()
	environment := func(members map[string]any) map[string]any { return map[string]any{"environment": members} }
	created := func(name string, config map[string]any) providertest.PriorInstance {
		instance, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), config)
		if providertest.HasError(diagnostics) {
			t.Fatalf("%s: %s", name, diagnostics[0].Detail)
		}
		return providertest.PriorInstance{Name: name, Instance: instance, Config: config}
	}
	imported := func(name string, has, config map[string]any) providertest.PriorInstance {
		return providertest.PriorInstance{Name: name, Instance: client.Imported(t, providertest.ClusterType, mock.AddCluster("alice", has)), Config: config}
	}
	options := map[string]any{"worker_cores": 2, "worker_memory": 8, "environment": map[string]any{"A": "1"}}
	secret := map[string]string{"A": "1", "URL": "s3cret"}
	priors := []providertest.PriorInstance{
		created("created", map[string]any{}),
		created("created with options", map[string]any{"options": options, "workers": 1}),
		created("created with secrets", map[string]any{
			"options": environment(map[string]any{"A": "1"}), "options_wo": environment(map[string]any{"URL": "s3cret"}), "options_wo_version": 1,
		}),
		imported("imported", map[string]any{"worker_cores": 2.0}, map[string]any{"options": map[string]any{"worker_cores": 2}}),
		imported("imported with secrets", map[string]any{"environment": secret}, map[string]any{
			"options": environment(map[string]any{"A": "1"}), "options_wo": environment(map[string]any{"URL": "s3cret"}), "options_wo_version": 1,
		}),
		{Name: "imported and unread", Instance: client.Import(t, providertest.ClusterType, mock.AddCluster("alice", nil)), Config: map[string]any{}},
	}
	older := priors[1]
	older.Name, older.Instance = "without recorded defaults", older.Instance.WithoutPrivate(t, "defaults")
	ended := created("ended and kept", map[string]any{"options": options, "when_ended": "keep"})
	mock.StopCluster(client.Text(t, providertest.ClusterType, ended.Instance.State, "name"))
	ended.Instance, _ = client.Read(t, providertest.ClusterType, ended.Instance)
	return append(priors, older, ended)
}

// clusterChanges are the changes that a user may make to a configuration.
var clusterChanges = []providertest.ConfigChange{
	{Name: "changed option", Apply: func(random *rand.Rand, config map[string]any) {
		name := fmt.Sprint(providertest.Pick(random, "worker_cores", "worker_memory", "environment", "gpu"))
		setOption(config, name, providertest.Pick(random, optionValues[name]...))
	}},
	{Name: "removed option", Apply: func(random *rand.Rand, config map[string]any) {
		setOption(config, fmt.Sprint(providertest.Pick(random, "worker_cores", "worker_memory", "environment")), nil)
	}},
	{Name: "unknown option", Apply: func(random *rand.Rand, config map[string]any) {
		name := fmt.Sprint(providertest.Pick(random, "worker_cores", "environment"))
		setOption(config, name, providertest.Later(optionValues[name]))
	}},
	{Name: "unknown options", Apply: func(_ *rand.Rand, config map[string]any) {
		config["options"] = providertest.Later{nil, map[string]any{"worker_cores": 2}, map[string]any{"worker_cores": 3}}
	}},
	{Name: "changed secret", Apply: func(random *rand.Rand, config map[string]any) {
		config["options_wo"] = map[string]any{"environment": map[string]any{"URL": providertest.Pick(random, "s3cret", "another")}}
	}},
	{Name: "unknown secret", Apply: func(_ *rand.Rand, config map[string]any) {
		config["options_wo"] = map[string]any{"environment": map[string]any{"URL": providertest.Later{"s3cret", "another"}}}
	}},
	{Name: "unknown secrets", Apply: func(_ *rand.Rand, config map[string]any) {
		config["options_wo"] = providertest.Later{nil, map[string]any{}, map[string]any{"environment": map[string]any{"URL": "s3cret"}}}
	}},
	{Name: "version of secrets", Apply: func(random *rand.Rand, config map[string]any) {
		config["options_wo_version"] = providertest.Pick(random, nil, 1, 2)
	}},
	{Name: "unknown version of secrets", Apply: func(_ *rand.Rand, config map[string]any) {
		config["options_wo_version"] = providertest.Later{nil, 1, 2}
	}},
	{Name: "workers", Apply: func(random *rand.Rand, config map[string]any) {
		config["workers"] = providertest.Pick(random, nil, 1, 2, providertest.Later{1, 2})
	}},
	{Name: "when_ended", Apply: func(random *rand.Rand, config map[string]any) {
		config["when_ended"] = providertest.Pick(random, nil, "keep", "recreate", providertest.Later{nil, "keep", "recreate"})
	}},
}

var optionValues = map[string][]any{
	"worker_cores":  {1, 2, 4, 2.0},
	"worker_memory": {8, 16},
	"gpu":           {true, false},
	"environment":   {map[string]any{}, map[string]any{"A": "1"}, map[string]any{"A": "2"}, map[string]any{"A": "1", "URL": "s3cret"}},
}

func setOption(config map[string]any, name string, value any) {
	options, isObject := config["options"].(map[string]any)
	if !isObject {
		options = map[string]any{}
	}
	options = maps.Clone(options)
	options[name] = value
	if value == nil {
		delete(options, name)
	}
	config["options"] = options
}

// TestPlan_isKeptWhateverChangesOutside plans, changes everything outside the
// configuration and the state, and plans again.
//
//nolint:paralleltest // the test sets environment variables
func TestPlan_isKeptWhateverChangesOutside(t *testing.T) {
	property := planProperty(t, providertest.StartMock(t, mockserver.Config{}))
	property.Check(t, 60, map[string]providertest.KeptSeed{
		"options change while the address is unknown":             {Seed: 5093, Prior: "created with options", Features: []string{"changed option", "unknown address"}},
		"options_wo_version changes while the address is unknown": {Seed: 2853, Prior: "created with secrets", Features: []string{"unknown address", "version of secrets"}},
		"options change while the provider's token is unknown":    {Seed: 1059, Prior: "created with options", Features: []string{"changed option", "unknown token"}},
		"a removed option had the default, which changes":         {Seed: 2876, Prior: "created with options", Features: []string{"known provider", "removed option"}},
		"defaults from the environment change":                    {Seed: 5113, Prior: "created", Features: []string{"known provider", "workers"}},
		"an import with a secret that is known only after apply":  {Seed: 465, Prior: "imported with secrets", Features: []string{"known provider", "unknown secret"}},
		"an import while the address is unknown":                  {Seed: 844, Prior: "imported and unread", Features: []string{"changed option", "unknown address"}},
		"an import with options_wo that may be null":              {Seed: 8309, Prior: "imported with secrets", Features: []string{"known provider", "unknown secrets", "version of secrets"}},
		"an import with nothing to change, then other defaults":   {Seed: 14, Prior: "imported", Features: []string{"known provider"}},
		"an unknown value of an option":                           {Seed: 2190, Prior: "created with options", Features: []string{"known provider", "unknown option"}},
		"unknown options":                                         {Seed: 485, Prior: "created with options", Features: []string{"known provider", "unknown options"}},
		"an unknown options_wo_version":                           {Seed: 85, Prior: "created with secrets", Features: []string{"known provider", "unknown version of secrets"}},
		"an ended cluster with an unknown when_ended":             {Seed: 4056, Prior: "ended and kept", Features: []string{"known provider", "when_ended"}},
	})
}

// TestOldState_plansWithoutAChange reads and plans a state file of an older build,
// whose private state lacks what planning records today.
func TestOldState_plansWithoutAChange(t *testing.T) {
	t.Parallel()
	a, running := map[string]any{"A": "1"}, map[string]string{"A": "1"}
	for address, test := range map[string]struct {
		name   string
		has    map[string]any
		config map[string]any
	}{
		"pc_dask_cluster.plain": {"c41698f469c5330d8bac9e28dc13be8c", nil, map[string]any{}},
		"pc_dask_cluster.created": {
			"ef4d3564c629e3487712837aa77cba59",
			map[string]any{"worker_cores": 2.0, "environment": running},
			map[string]any{"options": map[string]any{"worker_cores": 2, "worker_memory": 8, "environment": a}, "adapt": map[string]any{"minimum": 1, "maximum": 3}},
		},
		"pc_dask_cluster.secret": {
			"9ba0ffb346420ec4a1ad2d5108498fa2",
			map[string]any{"environment": map[string]string{"A": "1", "URL": "sv=2026&sig=correct horse"}, "gpu": true, "image": "private/image:1"},
			map[string]any{
				"options":            map[string]any{"environment": a, "gpu": true},
				"options_wo":         map[string]any{"environment": map[string]any{"URL": "sv=2026&sig=correct horse"}, "image": "private/image:1"},
				"options_wo_version": 1, "workers": 2,
			},
		},
		// It was imported and not applied. Without options in the state, only the
		// options that the configuration sets can be compared.
		"pc_dask_cluster.imported": {"48ebfba94e6a9cebc0a837ce76d72d18", map[string]any{"worker_cores": 4.0, "environment": running}, map[string]any{}},
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
			name := mock.AddCluster("alice", test.has)
			old := client.OldState(t, strings.NewReplacer(test.name, name, "127.0.0.1:18999", strings.TrimPrefix(mock.URL(), "http://")))[address]
			client.AssertUnchanged(t, providertest.ClusterType, old, test.config)
			read, diagnostics := client.Read(t, providertest.ClusterType, old)
			providertest.AssertNoDiagnostics(t, diagnostics)
			client.AssertUnchanged(t, providertest.ClusterType, read, test.config)

			// An option that is no longer set cannot be compared with a default that was
			// not recorded.
			delete(test.config, "options")
			plan := client.Plan(t, providertest.ClusterType, read, test.config)
			if len(plan.RequiresReplace) > 0 {
				t.Errorf("a removed option is replaced without a recorded default: %v", plan.RequiresReplace)
			}
		})
	}
}

// TestImport_withoutDeclaredDefaults imports while the gateway's options cannot be
// read. Options that the configuration does not set are then not compared, because
// their defaults are unknown.
func TestImport_withoutDeclaredDefaults(t *testing.T) {
	t.Parallel()
	cores := func(cores int) map[string]any {
		return map[string]any{"options": map[string]any{"worker_cores": cores}}
	}
	for name, test := range map[string]struct {
		config     map[string]any
		isReplaced bool
	}{
		"an equal option":         {cores(2), false},
		"no options":              {map[string]any{}, false},
		"its default written out": {map[string]any{"options": map[string]any{"worker_cores": 2, "worker_memory": 8}}, false},
		"a different option":      {cores(3), true},
		"an option that it lacks": {map[string]any{"options": map[string]any{"worker_cores": 2, "gpu": true}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			failForever(mock, http.StatusServiceUnavailable, "down")
			client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
			imported := client.Imported(t, providertest.ClusterType, mock.AddCluster("alice", map[string]any{"worker_cores": 2.0}))
			mock.ClearFaults()
			plan := client.Plan(t, providertest.ClusterType, imported, test.config)
			if isReplaced := len(plan.RequiresReplace) > 0; isReplaced != test.isReplaced {
				t.Errorf("the plan replaces %v, want a replacement: %t", plan.RequiresReplace, test.isReplaced)
			}
		})
	}
}

// TestRead_keepsAddressesWhoseBaseIsUnknown refreshes while proxy_address and
// public_address come from a resource that is replaced.
func TestRead_keepsAddressesWhoseBaseIsUnknown(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	block := providertest.Block(mock)
	client := providertest.NewClientWith(t, mock.Clock, block)
	config := map[string]any{"workers": 1}
	created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), config)
	providertest.AssertNoDiagnostics(t, diagnostics)
	for _, argument := range []string{"proxy_address", "public_address"} {
		later := maps.Clone(block)
		later[argument] = providertest.Unknown{}
		unconfigured := providertest.NewClientWith(t, mock.Clock, later)
		read, diagnostics := unconfigured.Read(t, providertest.ClusterType, created)
		providertest.AssertNoDiagnostics(t, diagnostics)
		for _, attribute := range []string{"scheduler_address", "dashboard_link"} {
			if got, want := client.Text(t, providertest.ClusterType, read.State, attribute), client.Text(t, providertest.ClusterType, created.State, attribute); got != want || got == "" {
				t.Errorf("%s is unknown: %s = %q, want %q", argument, attribute, got, want)
			}
		}
		unconfigured.AssertUnchanged(t, providertest.ClusterType, read, config)
	}
}

// TestRead_usesDefaultsForUnknownTuning refreshes and checks options while the
// tuning arguments are unknown.
func TestRead_usesDefaultsForUnknownTuning(t *testing.T) {
	t.Parallel()
	for _, argument := range []string{"max_retries", "max_connections", "request_timeout"} {
		t.Run(argument, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			block := providertest.Block(mock)
			block[argument] = providertest.Unknown{}
			client := providertest.NewClientWith(t, mock.Clock, block)
			plan := client.Plan(t, providertest.ClusterType, client.None(t), map[string]any{"options": map[string]any{"worker_cores": 99}})
			providertest.AssertDiagnostics(t, plan.Diagnostics, providertest.ErrorAt(`AttributeName("options").ElementKeyString("worker_cores")`, "not 99"))
			imported := client.Imported(t, providertest.ClusterType, mock.AddCluster("alice", nil))
			if got := client.Text(t, providertest.ClusterType, imported.State, "status"); got != "RUNNING" {
				t.Errorf("the refresh read the status %q", got)
			}
		})
	}
}
