// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// PlanProperty generates cases for AssertPlanIsKept: a prior instance, up to three
// changes of its configuration, and a provider that plans first.
type PlanProperty struct {
	Type string
	// First are the providers that may plan first, by their distinctive feature.
	First map[string]Client
	// Others are the providers that plan during apply. They use different servers,
	// clocks, environments and provider blocks.
	Others  []Client
	Priors  []PriorInstance
	Changes []ConfigChange
}

// PriorInstance is an existing resource, and the configuration that it was last
// applied with.
type PriorInstance struct {
	Name     string
	Instance Instance
	Config   map[string]any
}

// ConfigChange is a change that a user may make to a configuration.
type ConfigChange struct {
	Name  string
	Apply func(random *rand.Rand, config map[string]any)
}

// KeptSeed generates a case in which an earlier build broke the promise. Prior and
// Features describe the case: the prior instance, the first provider, and the
// changes.
type KeptSeed struct {
	Seed     uint64
	Prior    string
	Features []string
}

// generatedCase is a case and its description.
type generatedCase struct {
	PlanCase
	first    Client
	prior    string
	features map[string]bool
}

// generate returns the same case for the same seed. Small seeds of math/rand/v2 are
// as random as large ones.
func (p PlanProperty) generate(seed uint64) generatedCase {
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // the cases must be repeatable
	prior := p.Priors[random.IntN(len(p.Priors))]
	firsts := slices.Sorted(maps.Keys(p.First))
	first := firsts[random.IntN(len(firsts))]
	c := generatedCase{
		PlanCase: PlanCase{Type: p.Type, Prior: prior.Instance, Config: maps.Clone(prior.Config)},
		first:    p.First[first],
		prior:    prior.Name,
		features: map[string]bool{first: true},
	}
	for range random.IntN(4) {
		change := p.Changes[random.IntN(len(p.Changes))]
		change.Apply(random, c.Config)
		c.features[change.Name] = true
	}
	return c
}

// Check checks the kept seeds and the seeds below the given number. Together they must
// lead to each action.
func (p PlanProperty) Check(t *testing.T, seeds uint64, kept map[string]KeptSeed) {
	t.Helper()
	actions := map[string]int{}
	check := func(t *testing.T, seed uint64) generatedCase {
		t.Helper()
		c := p.generate(seed)
		actions[AssertPlanIsKept(t, c.first, p.Others, c.PlanCase)]++
		if t.Failed() {
			t.Logf("seed %d is %q with %v", seed, c.prior, slices.Sorted(maps.Keys(c.features)))
		}
		return c
	}
	for name, each := range kept {
		t.Run(name, func(t *testing.T) {
			c := check(t, each.Seed)
			if c.prior != each.Prior || slices.ContainsFunc(each.Features, func(feature string) bool { return !c.features[feature] }) {
				t.Errorf("the seed %d is %q with %v: find another seed for this case", each.Seed, c.prior, c.features)
			}
		})
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { check(t, seed) })
	}
	for _, action := range []action{actionNone, actionUpdate, actionReplace} {
		if actions[string(action)] < 5 {
			t.Errorf("only %d plans have the action %q", actions[string(action)], action)
		}
	}
}

// Pick returns one of the values. A value of nil removes an argument.
func Pick(random *rand.Rand, values ...any) any { return values[random.IntN(len(values))] }
