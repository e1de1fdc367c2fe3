// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// promptFailure separates a proxy that could not connect to the gateway, which
	// answers at once, from one whose connection to the gateway broke.
	promptFailure = time.Second
	// lateStart is how long after a lost connection the gateway may still create the
	// cluster, and lateStartPerCreate is added for each create of this process that
	// is under way. The local backend (dask-gateway-server 2026.3.0) creates
	// clusters one after the other, because it generates a key for each: measured
	// were 0.25 s from the POST's arrival to start_time for a single create, 6.8 s
	// for the last of 20 and 22.7 s for the last of 60 sent at once. The response
	// followed start_time within 0.2 s.
	lateStart          = 3 * time.Second
	lateStartPerCreate = 400 * time.Millisecond
)

// createTracker records what this process needs when a response is lost: which
// clusters it created, which it saw when, and which creates are under way.
type createTracker struct {
	mu       sync.Mutex
	ourNames map[string]bool
	// readByName are clusters that were read by name, which Terraform does
	// for those in its state. Reported are those of RecentEqualClusters.
	readByName, reported map[string]bool
	// sentCount counts creates that were sent. firstSeen has its value when a name
	// was first read: no create adopts a cluster that was there before it.
	sentCount int
	firstSeen map[string]int
	pending   map[*pendingCreate]bool
	changed   chan struct{}
}

// pendingCreate is a create that has not ended.
type pendingCreate struct {
	options map[string]any
	// number and sentAt are those of the request, zero until it is sent.
	number int
	sentAt time.Time
	// responseLost is set when the create has failed and may have arrived, at
	// failedAt. The cluster started by then, or at most lateBy later.
	responseLost bool
	failedAt     time.Time
	lateBy       time.Duration
	// earliest and latest are the window in which the cluster can have started, by
	// the server's clock. The first listing after the failure decides: windows that
	// change would contradict what was assigned before.
	earliest, latest time.Time
	// isAnswered means that a server or proxy answered with the failure, so that
	// the gateway no longer works on the request. isNotForwarded means that a proxy
	// did so at once because it cannot reach the gateway.
	isAnswered, isNotForwarded bool
	// firstListing has the names in the first listing after an answered failure.
	firstListing map[string]bool
	// hasConcluded means that the create will adopt no cluster.
	hasConcluded bool
	// ignoresDefaults means that the declared defaults are not known.
	ignoresDefaults bool
}

func newCreateTracker() *createTracker {
	return &createTracker{
		ourNames: map[string]bool{}, readByName: map[string]bool{}, reported: map[string]bool{}, firstSeen: map[string]int{},
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

// markSent numbers a create whose request is about to be sent. It may have waited
// long for a connection. Of two creates, the one sent later has the later time.
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

// markLost records how and when the response was lost, which bounds the time at
// which the gateway can have created the cluster.
func (o *createTracker) markLost(ours *pendingCreate, failure *transport.Error, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	ours.responseLost, ours.failedAt = true, now
	switch {
	case failure.Kind == transport.KindBody, failure.Kind == transport.KindStatus && failure.Status != http.StatusGatewayTimeout:
		ours.isAnswered = true
		isProxyError := failure.Status == http.StatusBadGateway || failure.Status == http.StatusServiceUnavailable
		ours.isNotForwarded = isProxyError && now.Sub(ours.sentAt) < promptFailure
	default:
		ours.lateBy = lateStart + time.Duration(len(o.pending)-1)*lateStartPerCreate
	}
	o.notify()
}

// recordSeen remembers that a cluster exists.
func (o *createTracker) recordSeen(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, before := o.firstSeen[name]; !before {
		o.firstSeen[name] = o.sentCount
	}
}

// recordRead records that a cluster was read by name.
func (o *createTracker) recordRead(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.readByName[name] = true
}

// reportOnce reports whether a cluster is unknown to this process and was not
// reported before.
func (o *createTracker) reportOnce(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ourNames[name] || o.readByName[name] || o.reported[name] {
		return false
	}
	o.reported[name] = true
	return true
}

// recordFirstListing remembers which clusters there were just after an answered
// failure.
func (o *createTracker) recordFirstListing(ours *pendingCreate, clusters map[string]Cluster) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !ours.isAnswered || ours.firstListing != nil {
		return
	}
	ours.firstListing = make(map[string]bool, len(clusters))
	for name := range clusters {
		ours.firstListing[name] = true
	}
}

// isKnown reports whether a cluster cannot be that of the create, because it is
// another create's or was there before.
func (o *createTracker) isKnown(name string, ours *pendingCreate) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	at, seen := o.firstSeen[name]
	return o.ourNames[name] || seen && at < ours.number
}

// notify wakes those who wait for other creates.
func (o *createTracker) notify() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// waitForOthers waits until every other create of the same options that is under
// way now has its response, or has lost it. Creates that begin later do not matter
// to what has been listed already.
func (o *createTracker) waitForOthers(ctx context.Context, ours *pendingCreate) error {
	o.mu.Lock()
	var others []*pendingCreate
	for other := range o.pending {
		if other.isSibling(ours) {
			others = append(others, other)
		}
	}
	o.mu.Unlock()
	return o.waitUntil(ctx, func() bool {
		return !slices.ContainsFunc(others, func(other *pendingCreate) bool { return o.pending[other] && !other.responseLost })
	})
}

// waitForAdoptions waits until every other create with the same options that is under
// way has adopted a cluster or failed as well. The error of this create must not offer
// a cluster for import or stopping that another create adopts.
func (o *createTracker) waitForAdoptions(ctx context.Context, ours *pendingCreate) {
	ctx, cancel := transport.WithGracePeriod(ctx, siblingTimeout)
	defer cancel()
	o.mu.Lock()
	ours.hasConcluded = true
	o.notify()
	o.mu.Unlock()
	// The grace period bounds the wait.
	_ = o.waitUntil(ctx, func() bool {
		for other := range o.pending {
			if other.isSibling(ours) && !other.hasConcluded {
				return false
			}
		}
		return true
	})
}

// waitUntil waits until the condition holds, which it evaluates under the lock after
// each change, or until the context ends.
func (o *createTracker) waitUntil(ctx context.Context, holds func() bool) error {
	for {
		o.mu.Lock()
		done, changed := holds(), o.changed
		o.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// isSibling reports whether this is another create with the same options whose request
// was sent.
func (p *pendingCreate) isSibling(other *pendingCreate) bool {
	return p != other && p.number > 0 && SameValue(p.options, other.options)
}

// lookupStage is how far the lookups of a create have come.
type lookupStage int

const (
	// listChanged means that the last listing has a candidate that the one before
	// it did not have.
	listChanged lookupStage = iota
	// listSettled means that two listings in a row had the same candidates.
	listSettled
	// finalLookup means that there will be no other listing.
	finalLookup
)

// assign gives the create one of the candidates. Other creates of this process that
// lost their response may have made them too; they have the same options, so any
// candidate will do that started in time.
//
// If not every candidate can be that of some create, that is final: one of them is
// somebody else's, and the client cannot decide which. A candidate that has ended
// is counted, but not assigned. Before the final lookup nothing is assigned unless
// the candidates are settled and as many as the creates that can have made them: a
// cluster that is not listed yet may be the only one that another create can have
// made.
func (o *createTracker) assign(ours *pendingCreate, seen listingSnapshot, stage lookupStage) (name string, isFinal bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var lost []*pendingCreate
	for create := range o.pending {
		if create.responseLost && SameValue(create.options, ours.options) {
			lost = append(lost, create)
		}
	}
	isOurs := func(cluster Cluster) bool { return o.ourNames[cluster.Name] }
	free := slices.DeleteFunc(slices.Clone(seen.clusters), isOurs)
	rivals := 0
	for _, create := range lost {
		if create == ours || slices.ContainsFunc(free, func(cluster Cluster) bool { return o.canComeFrom(cluster, create, seen) }) {
			rivals++
		}
	}
	active := slices.DeleteFunc(slices.Clone(free), func(cluster Cluster) bool {
		return !cluster.Status.isActive()
	})
	switch {
	case len(free) == 0:
		return "", false
	case o.countMatches(free, lost, seen) < len(free), len(active) == 0:
		return "", true
	case stage == listChanged, stage == listSettled && len(free) < rivals, ours.ignoresDefaults:
		return "", false
	}
	others := slices.DeleteFunc(slices.Clone(lost), func(create *pendingCreate) bool { return create == ours })
	listed := slices.DeleteFunc(slices.Clone(seen.equal), isOurs)
	name = o.bestMatch(active, listed, others, o.countMatches(listed, lost, seen)-1, seen)
	o.ourNames[name] = true
	delete(o.pending, ours)
	o.notify()
	return name, true
}

// bestMatch returns the name of a cluster that leaves clusters for as many of the
// other creates as any choice can. Of several it is the one that the fewest of them
// can have made, then the one that started first.
func (o *createTracker) bestMatch(clusters, listed []Cluster, others []*pendingCreate, mostMatches int, seen listingSnapshot) string {
	countOthers := func(cluster Cluster) int {
		count := 0
		for _, create := range others {
			if o.canComeFrom(cluster, create, seen) {
				count++
			}
		}
		return count
	}
	slices.SortFunc(clusters, func(a, b Cluster) int {
		return cmp.Or(countOthers(a)-countOthers(b), a.StartTime.Compare(b.StartTime), strings.Compare(a.Name, b.Name))
	})
	best := slices.IndexFunc(clusters, func(chosen Cluster) bool {
		left := slices.DeleteFunc(slices.Clone(listed), func(cluster Cluster) bool { return cluster.Name == chosen.Name })
		return o.countMatches(left, others, seen) >= mostMatches
	})
	return clusters[max(best, 0)].Name
}

// countMatches returns how many of the clusters can be given to creates that can
// have made them, one to each: a maximum matching, by augmenting paths.
func (o *createTracker) countMatches(clusters []Cluster, creates []*pendingCreate, seen listingSnapshot) int {
	clusterOf := map[*pendingCreate]Cluster{}
	var match func(cluster Cluster, visited map[*pendingCreate]bool) bool
	match = func(cluster Cluster, visited map[*pendingCreate]bool) bool {
		for _, create := range creates {
			if visited[create] || !o.canComeFrom(cluster, create, seen) {
				continue
			}
			visited[create] = true
			if previous, taken := clusterOf[create]; !taken || match(previous, visited) {
				clusterOf[create] = cluster
				return true
			}
		}
		return false
	}
	count := 0
	for _, cluster := range clusters {
		if match(cluster, map[*pendingCreate]bool{}) {
			count++
		}
	}
	return count
}

// canComeFrom reports whether the create can have made the cluster, by its start
// time and by when it was first seen. After an answered failure a gateway without a
// cache lists the cluster at once: what appears only in a later listing started
// later.
func (o *createTracker) canComeFrom(cluster Cluster, create *pendingCreate, seen listingSnapshot) bool {
	create.fixWindow(seen)
	if create.firstListing != nil && !mayBeCached(cluster.Name) && !create.firstListing[cluster.Name] {
		return false
	}
	return !cluster.StartTime.Before(create.earliest) && cluster.StartTime.Before(create.latest) && o.firstSeen[cluster.Name] >= create.number
}

// sortCandidates separates the equal clusters that the create can have made from
// those that started later.
func (o *createTracker) sortCandidates(ours *pendingCreate, seen *listingSnapshot) {
	o.mu.Lock()
	defer o.mu.Unlock()
	// A later listing may take longer, and would make the window longer.
	ours.fixWindow(*seen)
	for _, cluster := range seen.equal {
		switch at, read := o.firstSeen[cluster.Name]; {
		case o.ourNames[cluster.Name] || read && at < ours.number:
			// Another create made it, or it was there before.
		case o.canComeFrom(cluster, ours, *seen):
			seen.clusters = append(seen.clusters, cluster)
		case !cluster.StartTime.Before(ours.earliest):
			seen.later = append(seen.later, cluster)
		}
	}
}
