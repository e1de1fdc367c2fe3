// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"slices"
	"sync"
)

// ownClusters is what this process knows of clusters when an answer is lost:
// which it has made, which it saw when, and what it is making.
type ownClusters struct {
	mu    sync.Mutex
	names map[string]bool
	// creates counts creations; firstSeen has its value when a name was first
	// read, so that no creation takes a cluster that was there before it.
	creates   int
	firstSeen map[string]int
	creating  map[*creation]bool
	moved     chan struct{}
}

// creation is one create that has not ended. Lost says that its answer is.
type creation struct {
	number  int
	options map[string]any
	lost    bool
}

func newOwnClusters() *ownClusters {
	return &ownClusters{
		names: map[string]bool{}, firstSeen: map[string]int{},
		creating: map[*creation]bool{}, moved: make(chan struct{}),
	}
}

func (o *ownClusters) begin(options map[string]any) *creation {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.creates++
	ours := &creation{number: o.creates, options: options}
	o.creating[ours] = true
	return ours
}

func (o *ownClusters) end(ours *creation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.creating, ours)
	o.wake()
}

func (o *ownClusters) made(ours *creation, name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.names[name] = true
	delete(o.creating, ours)
	o.wake()
}

func (o *ownClusters) lost(ours *creation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	ours.lost = true
	o.wake()
}

// saw remembers that a cluster exists.
func (o *ownClusters) saw(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, before := o.firstSeen[name]; !before {
		o.firstSeen[name] = o.creates
	}
}

// knows says that a cluster cannot be that of the creation.
func (o *ownClusters) knows(name string, ours *creation) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	at, seen := o.firstSeen[name]
	return o.names[name] || seen && at < ours.number
}

// wake tells those who wait for other creates that one has moved on.
func (o *ownClusters) wake() {
	close(o.moved)
	o.moved = make(chan struct{})
}

// awaitOthers waits until every other create of the same options that is in
// flight now has its answer, or has lost it. Those that begin later do not
// matter to what has been listed already.
func (o *ownClusters) awaitOthers(ctx context.Context, ours *creation) error {
	o.mu.Lock()
	var others []*creation
	for other := range o.creating {
		if other != ours && SameValue(other.options, ours.options) {
			others = append(others, other)
		}
	}
	o.mu.Unlock()
	for {
		o.mu.Lock()
		inFlight := slices.ContainsFunc(others, func(other *creation) bool { return o.creating[other] && !other.lost })
		moved := o.moved
		o.mu.Unlock()
		if !inFlight {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take gives one of the candidates to the create, if there are not more of them
// than creates of this process whose answers were lost: the options of those
// are the same, so any of them will do. More candidates than that are decided
// too: one of them is somebody else's, and nobody can say which. One that has
// ended is counted, but not given. Unless they are settled none is given: there may
// be more of them in a moment.
func (o *ownClusters) take(ours *creation, candidates []Cluster, settled bool) (name string, decided bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	free, alive := 0, ""
	for _, candidate := range candidates {
		if o.names[candidate.Name] {
			continue
		}
		free++
		if alive == "" && (candidate.Status == StatusPending || candidate.Status == StatusRunning) {
			alive = candidate.Name
		}
	}
	rivals := 0
	for other := range o.creating {
		if other.lost && SameValue(other.options, ours.options) {
			rivals++
		}
	}
	switch {
	case free == 0:
		return "", false
	case free > rivals, alive == "":
		return "", true
	case !settled:
		return "", false
	}
	o.names[alive] = true
	delete(o.creating, ours)
	o.wake()
	return alive, true
}
