// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// ownClusters is what this process knows of clusters when an answer is lost:
// which it has made, which it saw when, and what it is making.
type ownClusters struct {
	mu    sync.Mutex
	names map[string]bool
	// creates counts creations that were sent; firstSeen has its value when a name was
	// first read, so that no creation takes a cluster that was there before it.
	creates   int
	firstSeen map[string]int
	creating  map[*creation]bool
	moved     chan struct{}
}

// creation is one create that has not ended, and when its request began; the number
// is 0 until then. Lost says that its answer is.
type creation struct {
	number  int
	began   time.Time
	options map[string]any
	lost    bool
}

// sight is what a listing showed that may be the cluster of a lost answer. Now
// and serverNow are one moment, by this machine's clock and by the server's.
type sight struct {
	clusters       []Cluster
	now, serverNow time.Time
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
	ours := &creation{options: options}
	o.creating[ours] = true
	return ours
}

// sent counts a create whose request is about to be sent, which may have waited
// long for a connection. What is sent later has the later time.
func (o *ownClusters) sent(ours *creation, now func() time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.creates++
	ours.number, ours.began = o.creates, now()
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
		if other != ours && other.number > 0 && SameValue(other.options, ours.options) {
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

// stage is how far a create has come that looks for its cluster.
type stage int

const (
	// unsettled: the last look showed what none before it did.
	unsettled stage = iota
	// settled: two looks in a row showed the same.
	settled
	// lastLook: there will be no other.
	lastLook
)

// take gives one of the clusters seen to the create, if there are not more of
// them than creates of this process whose answers were lost: the options of
// those are the same, so any of them will do that began late enough. More than
// that are decided, too: one of them is somebody else's, and nobody can say
// which. One that has ended is counted, but not given. Before the last look none
// is given unless they are settled and as many as those creates: a cluster that
// does not show yet may be the only one that suits another of them.
func (o *ownClusters) take(ours *creation, seen sight, stage stage) (name string, decided bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var rivals []*creation
	for other := range o.creating {
		if other.lost && SameValue(other.options, ours.options) {
			rivals = append(rivals, other)
		}
	}
	free := slices.DeleteFunc(slices.Clone(seen.clusters), func(cluster Cluster) bool { return o.names[cluster.Name] })
	alive := slices.DeleteFunc(slices.Clone(free), func(cluster Cluster) bool {
		return cluster.Status != StatusPending && cluster.Status != StatusRunning
	})
	switch {
	case len(free) == 0:
		return "", false
	case len(free) > len(rivals), len(alive) == 0:
		return "", true
	case stage == unsettled, stage == settled && len(free) < len(rivals):
		return "", false
	}
	name = o.tightest(alive, rivals, seen)
	o.names[name] = true
	delete(o.creating, ours)
	o.wake()
	return name, true
}

// tightest returns the name of the cluster that suits the fewest creates, of
// several the one that started first: a later create would else be left with
// clusters that are older than itself, and they with no one.
func (o *ownClusters) tightest(clusters []Cluster, rivals []*creation, seen sight) string {
	suited := func(cluster Cluster) int {
		count := 0
		for _, rival := range rivals {
			if seen.mayBe(cluster, rival) && o.firstSeen[cluster.Name] >= rival.number {
				count++
			}
		}
		return count
	}
	return slices.MinFunc(clusters, func(a, b Cluster) int {
		return cmp.Or(suited(a)-suited(b), a.StartTime.Compare(b.StartTime), strings.Compare(a.Name, b.Name))
	}).Name
}

// mayBe says whether a cluster began since the create did, by the server's
// clock.
func (s sight) mayBe(cluster Cluster, made *creation) bool {
	return !cluster.StartTime.Before(transport.OnServerClock(made.began, s.now, s.serverNow))
}
