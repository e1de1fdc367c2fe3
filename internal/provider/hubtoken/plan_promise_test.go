// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken_test

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

// planProperty plans tokens in different surroundings: Hubs, clocks, environments
// and provider blocks.
func planProperty(t *testing.T) providertest.PlanProperty {
	t.Helper()
	mock := providertest.StartMock(t, mockserver.Config{})
	block := providertest.Block(mock)
	at := func(passed time.Duration, block map[string]any) providertest.Client {
		return providertest.NewClientWith(t, clock.NewFake(clock.Real().Now().Add(passed)), block)
	}
	later := maps.Clone(block)
	later["address"], later["api_token"] = providertest.Unknown{}, providertest.Unknown{}
	known, unknown := at(0, block), at(0, later)
	t.Setenv("JUPYTERHUB_USER", "bob")
	return providertest.PlanProperty{
		Type:    providertest.TokenType,
		First:   map[string]providertest.Client{"known provider": known, "unknown address": unknown},
		Others:  []providertest.Client{known, unknown, at(25*time.Hour, block), at(1000*time.Hour, block), at(-time.Hour, block), at(0, providertest.RespondingBlock(t, http.StatusServiceUnavailable, "down"))},
		Priors:  priorTokens(t, known, at(25*time.Hour, block)),
		Changes: tokenChanges,
	}
}

// priorTokens are created by the first client. The later client refreshes them after
// some have become due.
func priorTokens(t *testing.T, client, later providertest.Client) []providertest.PriorInstance {
	t.Helper()
	created := func(name string, config map[string]any) providertest.PriorInstance {
		instance, diagnostics := client.Apply(t.Context(), t, providertest.TokenType, client.None(t), config)
		providertest.AssertNoDiagnostics(t, diagnostics)
		return providertest.PriorInstance{Name: name, Instance: instance, Config: config}
	}
	expiring := map[string]any{"note": "nightly", "expires_in": "48h"}
	renewed := map[string]any{"note": "nightly", "expires_in": "48h", "renew_before": "24h"}
	due := created("due", renewed)
	due.Instance, _ = later.Read(t, providertest.TokenType, due.Instance)
	older := due
	older.Name, older.Instance = "without the time of a refresh", due.Instance.WithoutPrivate(t, "refreshed_at")
	return []providertest.PriorInstance{
		created("created", map[string]any{}),
		created("created for a user", map[string]any{"user": "alice", "note": "nightly", "scopes": []any{"self"}}),
		created("expiring", expiring),
		created("not due", renewed),
		due,
		older,
	}
}

// tokenChanges are the changes that a user may make to a configuration.
var tokenChanges = []providertest.ConfigChange{
	{Name: "renew_before", Apply: func(random *rand.Rand, config map[string]any) {
		config["renew_before"] = providertest.Pick(random, nil, "1h", "12h", "24h", "1440m", "47h")
	}},
	{Name: "unknown renew_before", Apply: func(_ *rand.Rand, config map[string]any) {
		config["renew_before"] = providertest.Later{nil, "1h", "24h", "47h"}
	}},
	{Name: "expires_in", Apply: func(random *rand.Rand, config map[string]any) {
		config["expires_in"] = providertest.Pick(random, nil, "48h", "2880m", "96h", providertest.Later{nil, "48h", "2880m", "96h"})
	}},
	{Name: "note", Apply: func(random *rand.Rand, config map[string]any) {
		config["note"] = providertest.Pick(random, nil, "nightly", "weekly", providertest.Later{nil, "nightly", "weekly"})
	}},
	{Name: "user", Apply: func(random *rand.Rand, config map[string]any) {
		config["user"] = providertest.Pick(random, nil, "alice", "bob", providertest.Later{nil, "alice", "bob"})
	}},
	{Name: "scopes", Apply: func(random *rand.Rand, config map[string]any) {
		config["scopes"] = providertest.Pick(random, nil, []any{"self"}, []any{"inherit"}, providertest.Later{nil, []any{"self"}})
	}},
}

// TestPlan_isKeptWhateverChangesOutside plans, changes everything outside the
// configuration and the state, and plans again.
//
//nolint:paralleltest // the test sets environment variables
func TestPlan_isKeptWhateverChangesOutside(t *testing.T) {
	planProperty(t).Check(t, 100, map[string]providertest.KeptSeed{
		"the token becomes due after the plan":                             {Seed: 47, Prior: "not due", Features: []string{"known provider"}},
		"a changed renew_before, and the token becomes due after the plan": {Seed: 557, Prior: "expiring", Features: []string{"known provider", "renew_before"}},
		"an unknown renew_before":                                          {Seed: 190, Prior: "due", Features: []string{"known provider", "unknown renew_before"}},
		"the token is due while the provider's address is unknown":         {Seed: 51, Prior: "due", Features: []string{"unknown address"}},
	})
}

// TestOldState_plansWithoutAChange reads and plans a state file of an older build,
// whose private state has no time of a refresh.
func TestOldState_plansWithoutAChange(t *testing.T) {
	t.Parallel()
	for address, test := range map[string]struct {
		id, created string
		config      map[string]any
	}{
		"pc_hub_token.plain":    {"a3", "2026-11-28T14:49:04.920773Z", map[string]any{"note": "kept"}},
		"pc_hub_token.expiring": {"a2", "2026-11-28T14:49:04.857535Z", map[string]any{"note": "expiring", "expires_in": "720h", "renew_before": "24h"}},
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
			today, diagnostics := client.Apply(t.Context(), t, providertest.TokenType, client.None(t), test.config)
			providertest.AssertNoDiagnostics(t, diagnostics)
			text := func(attribute string) string { return client.Text(t, providertest.TokenType, today.State, attribute) }
			old := client.OldState(t, strings.NewReplacer(
				`"id":"`+test.id+`"`, `"id":"`+text("id")+`"`, `"id": "`+test.id+`"`, `"id": "`+text("id")+`"`,
				test.created, text("created_at"), "2026-12-28T14:49:04.857535Z", text("expires_at"), "127.0.0.1:18999", strings.TrimPrefix(mock.URL(), "http://"),
			))[address]
			client.AssertUnchanged(t, providertest.TokenType, old, test.config)
			read, diagnostics := client.Read(t, providertest.TokenType, old)
			providertest.AssertNoDiagnostics(t, diagnostics)
			client.AssertUnchanged(t, providertest.TokenType, read, test.config)
		})
	}
}
