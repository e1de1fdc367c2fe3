// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver_test

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// planProperty plans servers in different surroundings: Hubs, clocks, environments
// and provider blocks.
func planProperty(t *testing.T) providertest.PlanProperty {
	t.Helper()
	mock := providertest.StartMock(t, mockserver.Config{})
	block := providertest.Block(mock)
	later := maps.Clone(block)
	later["address"], later["api_token"] = providertest.Unknown{}, providertest.Unknown{}
	known, unknown := providertest.NewClientWith(t, mock.Clock, block), providertest.NewClientWith(t, mock.Clock, later)
	future := providertest.NewClientWith(t, clock.NewFake(clock.Real().Now().Add(1000*time.Hour)), block)
	t.Setenv("JUPYTERHUB_USER", "bob")
	environment := providertest.NewClientWith(t, mock.Clock, block)
	return providertest.PlanProperty{
		Type:    providertest.ServerType,
		First:   map[string]providertest.Client{"known provider": known, "unknown address": unknown},
		Others:  []providertest.Client{known, unknown, future, environment, providertest.NewClient(t, providertest.RespondingBlock(t, http.StatusServiceUnavailable, "down"))},
		Priors:  priorServers(t, mock, known),
		Changes: serverChanges,
	}
}

func priorServers(t *testing.T, mock *providertest.Mock, client providertest.Client) []providertest.PriorInstance {
	t.Helper()
	created := func(name string, config map[string]any) providertest.PriorInstance {
		instance, diagnostics := client.Apply(t.Context(), t, providertest.ServerType, client.None(t), config)
		providertest.AssertNoDiagnostics(t, diagnostics)
		return providertest.PriorInstance{Name: name, Instance: instance, Config: config}
	}
	read := func(prior providertest.PriorInstance) providertest.PriorInstance {
		prior.Instance, _ = client.Read(t, providertest.ServerType, prior.Instance)
		return prior
	}
	large := map[string]any{"profile": "large"}
	ended := created("ended and kept", map[string]any{"name": "idle", "user_options": large, "when_ended": "keep"})
	mock.CullHubServer("alice", "idle")
	restarted := created("started with other options", map[string]any{"name": "restarted", "user_options": large})
	mock.CullHubServer("alice", "restarted")
	mock.StartHubServer("alice", "restarted", `{"profile": "small"}`)
	mock.StartHubServer("alice", "imported", `{"profile": "large"}`)
	unread := client.ImportByIdentity(t, providertest.ServerType, map[string]any{"user": "alice", "name": "imported"})
	return []providertest.PriorInstance{
		created("created", map[string]any{}),
		created("created with options", map[string]any{"name": "gpu", "user_options": large}),
		read(ended),
		read(restarted),
		{Name: "imported and unread", Instance: unread, Config: map[string]any{"name": "imported", "user_options": large}},
	}
}

// serverChanges are the changes that a user may make to a configuration.
var serverChanges = []providertest.ConfigChange{
	{Name: "user_options", Apply: func(random *rand.Rand, config map[string]any) {
		config["user_options"] = providertest.Pick(random, nil, map[string]any{}, map[string]any{"profile": "large"}, map[string]any{"profile": "small"}, map[string]any{"cores": 2.0})
	}},
	{Name: "unknown option", Apply: func(_ *rand.Rand, config map[string]any) {
		config["user_options"] = map[string]any{"profile": providertest.Later{nil, "large", "small"}}
	}},
	{Name: "unknown user_options", Apply: func(_ *rand.Rand, config map[string]any) {
		config["user_options"] = providertest.Later{nil, map[string]any{}, map[string]any{"profile": "large"}}
	}},
	{Name: "name", Apply: func(random *rand.Rand, config map[string]any) {
		config["name"] = providertest.Pick(random, nil, "gpu", "other", providertest.Later{nil, "", "gpu"})
	}},
	{Name: "user", Apply: func(random *rand.Rand, config map[string]any) {
		config["user"] = providertest.Pick(random, nil, "alice", "bob", providertest.Later{nil, "alice", "bob"})
	}},
	{Name: "when_ended", Apply: func(random *rand.Rand, config map[string]any) {
		config["when_ended"] = providertest.Pick(random, nil, "keep", "recreate", providertest.Later{nil, "keep", "recreate"})
	}},
	{Name: "remove_on_destroy", Apply: func(random *rand.Rand, config map[string]any) {
		config["remove_on_destroy"] = providertest.Pick(random, nil, true, false, providertest.Later{nil, true, false})
	}},
}

// TestPlan_isKeptWhateverChangesOutside plans, changes everything outside the
// configuration and the state, and plans again.
//
//nolint:paralleltest // the test sets environment variables
func TestPlan_isKeptWhateverChangesOutside(t *testing.T) {
	planProperty(t).Check(t, 100, map[string]providertest.KeptSeed{
		"a server without options gets unknown ones":       {Seed: 638, Prior: "created", Features: []string{"known provider", "unknown option"}},
		"user_options change while the address is unknown": {Seed: 1172, Prior: "created with options", Features: []string{"unknown address", "user_options"}},
		"a stopped server with an unknown when_ended":      {Seed: 1309, Prior: "ended and kept", Features: []string{"known provider", "when_ended"}},
	})
}

// TestOldState_plansWithoutAChange reads and plans a state file of an older build,
// which has no status.
func TestOldState_plansWithoutAChange(t *testing.T) {
	t.Parallel()
	for address, config := range map[string]map[string]any{
		"pc_hub_server.plain":   {},
		"pc_hub_server.options": {"name": "second", "user_options": map[string]any{"profile": "large", "cores": 2}},
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
			today, diagnostics := client.Apply(t.Context(), t, providertest.ServerType, client.None(t), config)
			providertest.AssertNoDiagnostics(t, diagnostics)
			started := client.Text(t, providertest.ServerType, today.State, "started_at")
			old := client.OldState(t, strings.NewReplacer("2026-11-28T14:49:05Z", started, "127.0.0.1:18999", strings.TrimPrefix(mock.URL(), "http://")))[address]
			client.AssertUnchanged(t, providertest.ServerType, old, config)
			read, diagnostics := client.Read(t, providertest.ServerType, old)
			providertest.AssertNoDiagnostics(t, diagnostics)
			client.AssertUnchanged(t, providertest.ServerType, read, config)
		})
	}
}
