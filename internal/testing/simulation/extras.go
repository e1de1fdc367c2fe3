// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"math/rand/v2"
	"time"
)

// Scope is what the histories contain.
type Scope int

const (
	// ClustersAndTokens is what the first histories contained. Their seeds still draw
	// the same.
	ClustersAndTokens Scope = iota
	// ServersAndKills also contains SIGKILL, servers of the Hub, ephemeral tokens, actions
	// for clusters, and clusters whose options differ little.
	ServersAndKills
	// Everything also contains actions for servers and tokens, actions that are
	// interrupted or killed, and renewals of ephemeral tokens.
	Everything
)

// extras draw what ClustersAndTokens does not contain, from random numbers of their own.
// What only Everything contains has further numbers, so that the seeds of each Scope keep
// their histories.
type extras struct {
	random *rand.Rand
	// rivalRandom draws the options of the second client's clusters.
	rivalRandom *rand.Rand
	// kills, servers, ephemerals, actions and hasOptions are what this history contains.
	kills, servers, ephemerals, actions, hasOptions bool
	// hubRandom draws the actions, and renewRandom the ephemeral tokens of Everything.
	hubRandom, renewRandom *rand.Rand
	// hubActions and renewals are what this history of Everything contains.
	hubActions, renewals bool
	// hubVersion is an older Hub, or "".
	hubVersion string
}

func newExtras(seed uint64, scope Scope) extras {
	e := extras{random: newRandom(seed, 4), rivalRandom: newRandom(seed, 5), hubRandom: newRandom(seed, 6), renewRandom: newRandom(seed, 7)}
	if scope >= ServersAndKills {
		e.kills, e.servers, e.ephemerals, e.actions, e.hasOptions = e.oneIn(4), e.oneIn(3), e.oneIn(4), e.oneIn(4), e.oneIn(2)
	}
	if scope == Everything {
		e.hubActions, e.renewals = e.hubRandom.IntN(3) == 0, e.renewRandom.IntN(4) == 0
		if e.hubActions && e.hubRandom.IntN(4) == 0 {
			e.hubVersion = "4"
		}
	}
	return e
}

// drawActionEnd sometimes draws an interrupt or SIGKILL for an action.
func (e extras) drawActionEnd() ending {
	if !e.hubActions || e.hubRandom.IntN(3) > 0 {
		return ending{}
	}
	longest := []time.Duration{time.Second, 8 * time.Second}[e.hubRandom.IntN(2)]
	return ending{after: time.Duration(1 + e.hubRandom.Int64N(int64(longest))), isKill: e.hubRandom.IntN(3) == 0}
}

func (e extras) oneIn(n int) bool { return e.random.IntN(n) == 0 }

func (e extras) draw(longest time.Duration) time.Duration {
	return time.Duration(1 + e.random.Int64N(int64(longest)))
}

// drawOptions returns options that are equal to {worker_cores = cores} in value, or in
// effect if the gateway fills in its defaults.
func (e extras) drawOptions(cores int) map[string]any {
	options := map[string]any{"worker_cores": cores}
	if !e.hasOptions {
		return options
	}
	switch e.random.IntN(4) {
	case 0:
		options["worker_memory"] = 8
	case 1:
		options["gpu"] = false
	case 2:
		if cores == 1 {
			delete(options, "worker_cores")
		}
	}
	return options
}
