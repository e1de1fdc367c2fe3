// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
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

// surroundings are providers that see different gateways, clocks, environments and
// provider blocks.
type surroundings struct {
	known, unknown providertest.Client
	others         []providertest.Client
}

func newSurroundings(t *testing.T, mock *providertest.Mock) surroundings {
	t.Helper()
	block := providertest.Block(mock)
	later := map[string]any{"address": providertest.Unknown{}, "api_token": providertest.Unknown{}}
	t.Setenv("DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES", "2")
	environment := providertest.NewClientWith(t, mock.Clock, block)
	t.Setenv("DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES", "4")
	future := providertest.NewClientWith(t, clock.NewFake(clock.Real().Now().Add(1000*time.Hour)), block)

	respondsWith := func(status int, body string) providertest.Client {
		changed := providertest.StartMock(t, mockserver.Config{})
		fault := providertest.RespondAlways("*", status, body)
		fault.Times = 1 << 30
		changed.FailNext(fault)
		return providertest.NewClient(t, providertest.Block(changed))
	}
	s := surroundings{known: providertest.NewClientWith(t, mock.Clock, block), unknown: providertest.NewClientWith(t, mock.Clock, later)}
	s.others = []providertest.Client{
		s.known, s.unknown, environment, future,
		respondsWith(http.StatusOK, otherDefaults), respondsWith(http.StatusServiceUnavailable, "down"),
	}
	return s
}

// priorCluster is an existing cluster, and the configuration that it was last
// applied with.
type priorCluster struct {
	name     string
	instance providertest.Instance
	config   map[string]any
}

func priorClusters(t *testing.T, mock *providertest.Mock, w providertest.Client) []priorCluster {
	t.Helper()
	environment := func(members map[string]any) map[string]any { return map[string]any{"environment": members} }
	created := func(name string, config map[string]any) priorCluster {
		instance, diagnostics := w.Apply(t.Context(), t, providertest.ClusterType, w.None(t), config)
		if providertest.HasError(diagnostics) {
			t.Fatalf("%s: %s", name, diagnostics[0].Detail)
		}
		return priorCluster{name, instance, config}
	}
	imported := func(name string, has, config map[string]any) priorCluster {
		return priorCluster{name, w.Imported(t, providertest.ClusterType, mock.AddCluster("alice", has)), config}
	}
	options := map[string]any{"worker_cores": 2, "environment": map[string]any{"A": "1"}}
	secret := map[string]string{"A": "1", "URL": "s3cret"}
	priors := []priorCluster{
		created("created", map[string]any{}),
		created("created with options", map[string]any{"options": options, "workers": 1}),
		created("created with secrets", map[string]any{
			"options": environment(map[string]any{"A": "1"}), "options_wo": environment(map[string]any{"URL": "s3cret"}), "options_wo_version": 1,
		}),
		imported("imported", map[string]any{"worker_cores": 2.0}, map[string]any{"options": map[string]any{"worker_cores": 2}}),
		imported("imported with secrets", map[string]any{"environment": secret}, map[string]any{
			"options": environment(map[string]any{"A": "1"}), "options_wo": environment(map[string]any{"URL": "s3cret"}), "options_wo_version": 1,
		}),
		{"imported and unread", w.Import(t, providertest.ClusterType, mock.AddCluster("alice", nil)), map[string]any{}},
	}
	older := priors[1]
	older.name, older.instance = "without recorded defaults", older.instance.WithoutPrivate(t, "defaults")
	ended := created("ended and kept", map[string]any{"options": options, "when_ended": "keep"})
	mock.StopCluster(w.Text(t, providertest.ClusterType, ended.instance.State, "name"))
	ended.instance, _ = w.Read(t, providertest.ClusterType, ended.instance)
	return append(priors, older, ended)
}

// generatedCase is a case, and what is particular about it.
type generatedCase struct {
	providertest.PlanCase
	addressUnknown bool
	prior          string
	features       map[string]bool
}

// generateCase changes up to three members of the configuration with which a
// cluster was last applied. Small seeds of math/rand/v2 are as good as large ones.
func generateCase(seed uint64, priors []priorCluster) generatedCase {
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // the cases must be repeatable
	prior := priors[random.IntN(len(priors))]
	c := generatedCase{
		PlanCase:       providertest.PlanCase{Type: providertest.ClusterType, Prior: prior.instance, Config: maps.Clone(prior.config)},
		addressUnknown: random.IntN(2) == 0,
		prior:          prior.name,
		features:       map[string]bool{},
	}
	if c.addressUnknown {
		c.features["unknown address"] = true
	}
	for range random.IntN(4) {
		change := changes[random.IntN(len(changes))]
		change.apply(random, c.Config)
		c.features[change.name] = true
	}
	return c
}

func pick(random *rand.Rand, values ...any) any { return values[random.IntN(len(values))] }

// changes are what a user may change. A value of nil removes an argument.
var changes = []struct {
	name  string
	apply func(random *rand.Rand, config map[string]any)
}{
	{"changed option", func(random *rand.Rand, config map[string]any) {
		name := fmt.Sprint(pick(random, "worker_cores", "worker_memory", "environment", "gpu"))
		setOption(config, name, pick(random, optionValues[name]...))
	}},
	{"removed option", func(random *rand.Rand, config map[string]any) {
		setOption(config, fmt.Sprint(pick(random, "worker_cores", "environment")), nil)
	}},
	{"unknown option", func(random *rand.Rand, config map[string]any) {
		name := fmt.Sprint(pick(random, "worker_cores", "environment"))
		setOption(config, name, providertest.Later(optionValues[name]))
	}},
	{"unknown options", func(_ *rand.Rand, config map[string]any) {
		config["options"] = providertest.Later{nil, map[string]any{"worker_cores": 2}, map[string]any{"worker_cores": 3}}
	}},
	{"changed secret", func(random *rand.Rand, config map[string]any) {
		config["options_wo"] = map[string]any{"environment": map[string]any{"URL": pick(random, "s3cret", "another")}}
	}},
	{"unknown secret", func(_ *rand.Rand, config map[string]any) {
		config["options_wo"] = map[string]any{"environment": map[string]any{"URL": providertest.Later{"s3cret", "another"}}}
	}},
	{"unknown secrets", func(_ *rand.Rand, config map[string]any) {
		config["options_wo"] = providertest.Later{nil, map[string]any{}, map[string]any{"environment": map[string]any{"URL": "s3cret"}}}
	}},
	{"version of secrets", func(random *rand.Rand, config map[string]any) {
		config["options_wo_version"] = pick(random, nil, 1, 2)
	}},
	{"unknown version of secrets", func(_ *rand.Rand, config map[string]any) {
		config["options_wo_version"] = providertest.Later{nil, 1, 2}
	}},
	{"workers", func(random *rand.Rand, config map[string]any) {
		config["workers"] = pick(random, nil, 1, 2, providertest.Later{1, 2})
	}},
	{"when_ended", func(random *rand.Rand, config map[string]any) {
		config["when_ended"] = pick(random, nil, "keep", "recreate", providertest.Later{nil, "keep", "recreate"})
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

// keptSeeds has a seed for each case in which an earlier build broke its promise.
var keptSeeds = map[string]struct {
	seed     uint64
	prior    string
	features []string
}{}

// TestPlan_isKeptWhateverChangesOutside plans, changes everything outside the
// configuration and the state, and plans again.
//
//nolint:paralleltest // the cases share servers whose declared options they change
func TestPlan_isKeptWhateverChangesOutside(t *testing.T) {
	mock := providertest.StartMock(t, mockserver.Config{})
	around := newSurroundings(t, mock)
	priors := priorClusters(t, mock, around.known)
	actions := map[string]int{}
	check := func(t *testing.T, seed uint64) generatedCase {
		t.Helper()
		c := generateCase(seed, priors)
		first := around.known
		if c.addressUnknown {
			first = around.unknown
		}
		actions[providertest.AssertPlanIsKept(t, first, around.others, c.PlanCase)]++
		return c
	}
	for name, kept := range keptSeeds {
		t.Run(name, func(t *testing.T) {
			c := check(t, kept.seed)
			if c.prior != kept.prior || slices.ContainsFunc(kept.features, func(feature string) bool { return !c.features[feature] }) {
				t.Errorf("the seed %d is %q with %v: find another seed for this case", kept.seed, c.prior, c.features)
			}
		})
	}
	for seed := range uint64(100) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { check(t, seed) })
	}
	for _, action := range []string{"no change", "update", "replace"} {
		if actions[action] < 5 {
			t.Errorf("only %d plans have the action %q", actions[action], action)
		}
	}
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
			w := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
			name := mock.AddCluster("alice", test.has)
			old := w.OldState(t, strings.NewReplacer(test.name, name, "127.0.0.1:18999", strings.TrimPrefix(mock.URL(), "http://")))[address]
			w.AssertUnchanged(t, providertest.ClusterType, old, test.config)
			read, diagnostics := w.Read(t, providertest.ClusterType, old)
			providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
			w.AssertUnchanged(t, providertest.ClusterType, read, test.config)

			// An option that is no longer set cannot be compared with a default that was
			// not recorded.
			delete(test.config, "options")
			plan := w.Plan(t, providertest.ClusterType, read, test.config)
			if len(plan.RequiresReplace) > 0 {
				t.Errorf("a removed option is replaced without a recorded default: %v", plan.RequiresReplace)
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
	w := providertest.NewClientWith(t, mock.Clock, block)
	config := map[string]any{"workers": 1}
	created, diagnostics := w.Apply(t.Context(), t, providertest.ClusterType, w.None(t), config)
	providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
	for _, argument := range []string{"proxy_address", "public_address"} {
		later := maps.Clone(block)
		later[argument] = providertest.Unknown{}
		client := providertest.NewClientWith(t, mock.Clock, later)
		read, diagnostics := client.Read(t, providertest.ClusterType, created)
		providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
		for _, attribute := range []string{"scheduler_address", "dashboard_link"} {
			if got, want := w.Text(t, providertest.ClusterType, read.State, attribute), w.Text(t, providertest.ClusterType, created.State, attribute); got != want || got == "" {
				t.Errorf("%s is unknown: %s = %q, want %q", argument, attribute, got, want)
			}
		}
		client.AssertUnchanged(t, providertest.ClusterType, read, config)
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
			w := providertest.NewClientWith(t, mock.Clock, block)
			plan := w.Plan(t, providertest.ClusterType, w.None(t), map[string]any{"options": map[string]any{"worker_cores": 99}})
			providertest.AssertDiagnostics(t, plan.Diagnostics, providertest.ErrorAt(`AttributeName("options").ElementKeyString("worker_cores")`, "not 99"))
			imported := w.Imported(t, providertest.ClusterType, mock.AddCluster("alice", nil))
			if got := w.Text(t, providertest.ClusterType, imported.State, "status"); got != "RUNNING" {
				t.Errorf("the refresh read the status %q", got)
			}
		})
	}
}
