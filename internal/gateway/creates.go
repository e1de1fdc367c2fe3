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
type createTracker struct {
	mu       sync.Mutex
	ourNames map[string]bool
	// creates counts creations that were sent; firstSeen has its value when a name was
	// first read, so that no creation takes a cluster that was there before it.
	sentCount int
	firstSeen map[string]int
	pending   map[*pendingCreate]bool
	changed   chan struct{}
}

// creation is one create that has not ended, and when its request began; the number
// is 0 until then. Lost says that its answer is.
type pendingCreate struct {
	number       int
	sentAt       time.Time
	options      map[string]any
	responseLost bool
}

// sight is what a listing showed that may be the cluster of a lost answer. Now
// and serverNow are one moment, by this machine's clock and by the server's.
type listingSnapshot struct {
	clusters              []Cluster
	receivedAt, serverNow time.Time
}

func newCreateTracker() *createTracker {
	return &createTracker{
		ourNames: map[string]bool{}, firstSeen: map[string]int{},
		pending: map[*pendingCreate]bool{}, changed: make(chan struct{}),
	}
}

func (o *createTracker) begin(options map[string]any) *pendingCreate {
	o.mu.Lock()
	defer o.mu.Unlock()
	ours := &pendingCreate{options: options}
	o.pending[ours] = true
	return ours
}

// sent counts a create whose request is about to be sent, which may have waited
// long for a connection. What is sent later has the later time.
func (o *createTracker) markSent(ours *pendingCreate, now func() time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sentCount++
	ours.number, ours.sentAt = o.sentCount, now()
}

func (o *createTracker) finish(ours *pendingCreate) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.pending, ours)
	o.notify()
}

func (o *createTracker) markCreated(ours *pendingCreate, name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ourNames[name] = true
	delete(o.pending, ours)
	o.notify()
}

func (o *createTracker) markLost(ours *pendingCreate) {
	o.mu.Lock()
	defer o.mu.Unlock()
	ours.responseLost = true
	o.notify()
}

// saw remembers that a cluster exists.
func (o *createTracker) recordSeen(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, before := o.firstSeen[name]; !before {
		o.firstSeen[name] = o.sentCount
	}
}

// knows says that a cluster cannot be that of the creation.
func (o *createTracker) isKnown(name string, ours *pendingCreate) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	at, seen := o.firstSeen[name]
	return o.ourNames[name] || seen && at < ours.number
}

// wake tells those who wait for other creates that one has moved on.
func (o *createTracker) notify() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// awaitOthers waits until every other create of the same options that is in
// flight now has its answer, or has lost it. Those that begin later do not
// matter to what has been listed already.
func (o *createTracker) waitForOthers(ctx context.Context, ours *pendingCreate) error {
	o.mu.Lock()
	var others []*pendingCreate
	for other := range o.pending {
		if other != ours && other.number > 0 && SameValue(other.options, ours.options) {
			others = append(others, other)
		}
	}
	o.mu.Unlock()
	for {
		o.mu.Lock()
		inFlight := slices.ContainsFunc(others, func(other *pendingCreate) bool { return o.pending[other] && !other.responseLost })
		moved := o.changed
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
type lookupStage int

const (
	// unsettled: the last look showed what none before it did.
	listChanged lookupStage = iota
	// settled: two looks in a row showed the same.
	listSettled
	// lastLook: there will be no other.
	finalLookup
)

// take gives one of the clusters seen to the create, if there are not more of
// them than creates of this process whose answers were lost: the options of
// those are the same, so any of them will do that began late enough. More than
// that are decided, too: one of them is somebody else's, and nobody can say
// which. One that has ended is counted, but not given. Before the last look none
// is given unless they are settled and as many as those creates: a cluster that
// does not show yet may be the only one that suits another of them.
func (o *createTracker) assign(ours *pendingCreate, seen listingSnapshot, stage lookupStage) (name string, decided bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var rivals []*pendingCreate
	for other := range o.pending {
		if other.responseLost && SameValue(other.options, ours.options) {
			rivals = append(rivals, other)
		}
	}
	free := slices.DeleteFunc(slices.Clone(seen.clusters), func(cluster Cluster) bool { return o.ourNames[cluster.Name] })
	alive := slices.DeleteFunc(slices.Clone(free), func(cluster Cluster) bool {
		return cluster.Status != StatusPending && cluster.Status != StatusRunning
	})
	switch {
	case len(free) == 0:
		return "", false
	case len(free) > len(rivals), len(alive) == 0:
		return "", true
	case stage == listChanged, stage == listSettled && len(free) < len(rivals):
		return "", false
	}
	name = o.bestMatch(alive, rivals, seen)
	o.ourNames[name] = true
	delete(o.pending, ours)
	o.notify()
	return name, true
}

// tightest returns the name of the cluster that suits the fewest creates, of
// several the one that started first: a later create would else be left with
// clusters that are older than itself, and they with no one.
func (o *createTracker) bestMatch(clusters []Cluster, rivals []*pendingCreate, seen listingSnapshot) string {
	suited := func(cluster Cluster) int {
		count := 0
		for _, rival := range rivals {
			if seen.canComeFrom(cluster, rival) && o.firstSeen[cluster.Name] >= rival.number {
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
func (s listingSnapshot) canComeFrom(cluster Cluster, made *pendingCreate) bool {
	return !cluster.StartTime.Before(transport.OnServerClock(made.sentAt, s.receivedAt, s.serverNow))
}
