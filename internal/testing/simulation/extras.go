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
	// Everything also contains SIGKILL, servers of the Hub, ephemeral tokens, actions,
	// and clusters whose options differ little.
	Everything
)

// extras draw what only Everything contains, from random numbers of their own.
type extras struct {
	random *rand.Rand
	// rivalRandom draws the options of the second client's clusters.
	rivalRandom *rand.Rand
	// kills, servers, ephemerals, actions and hasOptions are what this history contains.
	kills, servers, ephemerals, actions, hasOptions bool
}

func newExtras(seed uint64, scope Scope) extras {
	e := extras{random: newRandom(seed, 4), rivalRandom: newRandom(seed, 5)}
	if scope == Everything {
		e.kills, e.servers, e.ephemerals, e.actions, e.hasOptions = e.oneIn(4), e.oneIn(3), e.oneIn(4), e.oneIn(4), e.oneIn(2)
	}
	return e
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
