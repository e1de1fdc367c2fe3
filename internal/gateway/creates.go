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
	// promptFailureTimeout separates a proxy that could not connect to the gateway, and
	// responds at once, from a proxy whose connection to the gateway broke.
	promptFailureTimeout = time.Second
	// lateStart is how long after a lost connection the gateway may still create the
	// cluster. lateStartPerCreate is added for each other create of this process that is
	// under way. The local backend (dask-gateway-server 2026.3.0) creates clusters one
	// after the other, because it generates a key for each. From the POST's arrival to
	// start_time it took 0.25 s for a single create, 6.8 s for the last of 20 sent at
	// once, and 22.7 s for the last of 60 (measured). The response followed start_time
	// within 0.2 s.
	lateStart          = 3 * time.Second
	lateStartPerCreate = 400 * time.Millisecond
)

// createTracker records what this process needs if a response is lost: which clusters
// it created, when it first read each cluster, and which creates are under way.
type createTracker struct {
	// declared returns the declared options, or nil while they are not known. It may be
	// nil.
	declared func() []Option

	mu       sync.Mutex
	ourNames map[string]bool
	// readByName are the clusters that were read by name: Terraform has those in a
	// state. reported are the clusters that RecentEqualClusters has returned.
	readByName, reported map[string]bool
	// sentCount counts the creates that were sent. firstSeen is the value of sentCount
	// when a response first contained the cluster: no create adopts a cluster that is
	// older than its request.
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
	// isResponseLost is set when the create has failed and may have arrived, at
	// failedAt. The cluster started by then, or at most lateBy later.
	isResponseLost bool
	failedAt       time.Time
	lateBy         time.Duration
	// earliest and latest are the window in which the cluster can have started, by
	// the server's clock. The first listing after the failure decides: windows that
	// change would contradict what was assigned before.
	earliest, latest time.Time
	// hasEnded means that the gateway no longer works on the request: it or a proxy
	// responded, and not with 504. isNotForwarded means that a proxy responded at once
	// because it cannot reach the gateway.
	hasEnded, isNotForwarded bool
	// firstListing contains the names in the first listing after a request that has
	// ended.
	firstListing map[string]bool
	// hasConcluded means that the create will adopt no cluster.
	hasConcluded bool
	// ignoresDefaults means that the client has not read the declared defaults.
	ignoresDefaults bool
}

func newCreateTracker() *createTracker {
	return &createTracker{
		ourNames: map[string]bool{}, readByName: map[string]bool{}, reported: map[string]bool{}, firstSeen: map[string]int{},
		pending: map[*pendingCreate]bool{}, changed: make(chan struct{}),
	}
}

func (t *createTracker) begin(options map[string]any) *pendingCreate {
	t.mu.Lock()
	defer t.mu.Unlock()
	ours := &pendingCreate{options: options}
	t.pending[ours] = true
	return ours
}

// markSent numbers a create whose request is about to be sent. It may have waited
// long for a connection. Creates are numbered in the order of their times.
func (t *createTracker) markSent(ours *pendingCreate, now func() time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sentCount++
	ours.number, ours.sentAt = t.sentCount, now()
}

func (t *createTracker) finish(ours *pendingCreate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.pending, ours)
	t.notify()
}

func (t *createTracker) markCreated(ours *pendingCreate, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ourNames[name] = true
	delete(t.pending, ours)
	t.notify()
}

// markLost records how and when the response was lost, which bounds the time at
// which the gateway can have created the cluster.
func (t *createTracker) markLost(ours *pendingCreate, failure *transport.Error, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ours.isResponseLost, ours.failedAt = true, now
	switch {
	case failure.Kind == transport.KindBody, failure.Kind == transport.KindStatus && failure.Status != http.StatusGatewayTimeout:
		ours.hasEnded = true
		isProxyError := failure.Status == http.StatusBadGateway || failure.Status == http.StatusServiceUnavailable
		ours.isNotForwarded = isProxyError && now.Sub(ours.sentAt) < promptFailureTimeout
	default:
		ours.lateBy = lateStart + time.Duration(len(t.pending)-1)*lateStartPerCreate
	}
	t.notify()
}

// recordSeen records that a cluster exists.
func (t *createTracker) recordSeen(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, isSeen := t.firstSeen[name]; !isSeen {
		t.firstSeen[name] = t.sentCount
	}
}

// recordRead records that a cluster was read by name.
func (t *createTracker) recordRead(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.readByName[name] = true
}

// reportOnce reports whether a cluster is unknown to this process and was not
// reported before.
func (t *createTracker) reportOnce(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ourNames[name] || t.readByName[name] || t.reported[name] {
		return false
	}
	t.reported[name] = true
	return true
}

// recordFirstListing records which clusters existed just after the request
// ended.
func (t *createTracker) recordFirstListing(ours *pendingCreate, clusters map[string]Cluster) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !ours.hasEnded || ours.firstListing != nil {
		return
	}
	ours.firstListing = make(map[string]bool, len(clusters))
	for name := range clusters {
		ours.firstListing[name] = true
	}
}

// isKnown reports whether a cluster cannot be that of the create, because another
// create has it or because it is older.
func (t *createTracker) isKnown(name string, ours *pendingCreate) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.isKnownLocked(name, ours)
}

// isKnownLocked is isKnown for callers that hold the lock.
func (t *createTracker) isKnownLocked(name string, ours *pendingCreate) bool {
	sentBefore, isSeen := t.firstSeen[name]
	return t.ourNames[name] || isSeen && sentBefore < ours.number
}

// notify wakes the callers of waitUntil.
func (t *createTracker) notify() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// waitForOthers waits until every other create with the same options that is under
// way now has received or lost its response. Creates that begin later cannot own a
// cluster that is already listed.
func (t *createTracker) waitForOthers(ctx context.Context, ours *pendingCreate) error {
	t.mu.Lock()
	var others []*pendingCreate
	for other := range t.pending {
		if t.isSibling(other, ours) {
			others = append(others, other)
		}
	}
	t.mu.Unlock()
	return t.waitUntil(ctx, func() bool {
		return !slices.ContainsFunc(others, func(other *pendingCreate) bool { return t.pending[other] && !other.isResponseLost })
	})
}

// waitForAdoptions waits until every other create with the same options that is under
// way has adopted a cluster or failed as well. The error of this create must not offer
// a cluster for import or stopping that another create adopts.
func (t *createTracker) waitForAdoptions(ctx context.Context, ours *pendingCreate) {
	ctx, cancel := transport.WithGracePeriod(ctx, siblingTimeout)
	defer cancel()
	t.mu.Lock()
	ours.hasConcluded = true
	t.notify()
	t.mu.Unlock()
	// The grace period bounds the wait.
	_ = t.waitUntil(ctx, func() bool {
		for other := range t.pending {
			if t.isSibling(other, ours) && !other.hasConcluded {
				return false
			}
		}
		return true
	})
}

// waitUntil waits until the condition is true or the context ends. It evaluates the
// condition under the lock, after each change.
func (t *createTracker) waitUntil(ctx context.Context, condition func() bool) error {
	for {
		t.mu.Lock()
		done, changed := condition(), t.changed
		t.mu.Unlock()
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
func (t *createTracker) isSibling(p, other *pendingCreate) bool {
	return p != other && p.number > 0 && t.haveEqualOptions(p, other)
}

// lookupStage is the progress of a create's lookups.
type lookupStage int

const (
	// listChanged means that the last listing contains a candidate that the previous one
	// did not.
	listChanged lookupStage = iota
	// listSettled means that two listings in a row had the same candidates.
	listSettled
	// finalLookup means that no other listing follows.
	finalLookup
)

// assign gives the create one of the candidates. Other creates of this process that
// lost their responses may have created them too. All of them have the same options,
// so any candidate that started in time is suitable.
//
// If there are more candidates than creates that can have created them, the result is
// final: at least one candidate belongs to another client, and it is unclear which. A
// candidate that has ended is counted, but not assigned. Before the final lookup,
// assign requires that the candidates are settled and as many as the creates that can
// have created them. Otherwise a cluster that is not listed yet may be the only match
// of another create.
func (t *createTracker) assign(ours *pendingCreate, seen listingSnapshot, stage lookupStage) (name string, isFinal bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lost []*pendingCreate
	for create := range t.pending {
		if create.isResponseLost && t.haveEqualOptions(create, ours) {
			lost = append(lost, create)
		}
	}
	isOurs := func(cluster Cluster) bool { return t.ourNames[cluster.Name] }
	free := slices.DeleteFunc(slices.Clone(seen.candidates), isOurs)
	rivals := 0
	for _, create := range lost {
		if create == ours || slices.ContainsFunc(free, func(cluster Cluster) bool { return t.canComeFrom(cluster, create, seen) }) {
			rivals++
		}
	}
	active := slices.DeleteFunc(slices.Clone(free), func(cluster Cluster) bool {
		return !cluster.Status.isActive()
	})
	switch {
	case len(free) == 0:
		return "", false
	case t.countMatches(free, lost, seen) < len(free), len(active) == 0:
		return "", true
	case stage == listChanged, stage == listSettled && len(free) < rivals, ours.ignoresDefaults:
		return "", false
	}
	others := slices.DeleteFunc(slices.Clone(lost), func(create *pendingCreate) bool { return create == ours })
	listed := slices.DeleteFunc(slices.Clone(seen.equal), isOurs)
	name = t.bestMatch(active, listed, others, t.countMatches(listed, lost, seen)-1, seen)
	t.ourNames[name] = true
	delete(t.pending, ours)
	t.notify()
	return name, true
}

// bestMatch returns the name of a cluster whose choice leaves matches for as many
// other creates as possible. Among several, it prefers the cluster that the fewest of
// them can have created, then the one that started first.
func (t *createTracker) bestMatch(clusters, listed []Cluster, others []*pendingCreate, mostMatches int, seen listingSnapshot) string {
	countOthers := func(cluster Cluster) int {
		count := 0
		for _, create := range others {
			if t.canComeFrom(cluster, create, seen) {
				count++
			}
		}
		return count
	}
	slices.SortFunc(clusters, func(a, b Cluster) int {
		return cmp.Or(countOthers(a)-countOthers(b), a.StartTime.Compare(b.StartTime), strings.Compare(a.Name, b.Name))
	})
	best := slices.IndexFunc(clusters, func(chosen Cluster) bool {
		remaining := slices.DeleteFunc(slices.Clone(listed), func(cluster Cluster) bool { return cluster.Name == chosen.Name })
		return t.countMatches(remaining, others, seen) >= mostMatches
	})
	return clusters[max(best, 0)].Name
}

// countMatches returns how many clusters can be assigned to creates that can have
// created them, at most one to each: a maximum matching, by augmenting paths.
func (t *createTracker) countMatches(clusters []Cluster, creates []*pendingCreate, seen listingSnapshot) int {
	clusterOf := map[*pendingCreate]Cluster{}
	var match func(cluster Cluster, visited map[*pendingCreate]bool) bool
	match = func(cluster Cluster, visited map[*pendingCreate]bool) bool {
		for _, create := range creates {
			if visited[create] || !t.canComeFrom(cluster, create, seen) {
				continue
			}
			visited[create] = true
			if previous, isTaken := clusterOf[create]; !isTaken || match(previous, visited) {
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

// canComeFrom reports whether the create can have created the cluster, by its start
// time and by when it was first seen. If the request has ended, a gateway without a
// cache lists the cluster at once: a cluster that appears only in a later listing
// started later.
func (t *createTracker) canComeFrom(cluster Cluster, create *pendingCreate, seen listingSnapshot) bool {
	create.fixWindow(seen)
	if create.firstListing != nil && !mayBeCached(cluster.Name) && !create.firstListing[cluster.Name] {
		return false
	}
	return !cluster.StartTime.Before(create.earliest) && cluster.StartTime.Before(create.latest) && t.firstSeen[cluster.Name] >= create.number
}

// sortCandidates fills the candidates and the later clusters of a listing.
func (t *createTracker) sortCandidates(ours *pendingCreate, seen *listingSnapshot) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// The first listing fixes the window: a later one may take longer, and would extend
	// it.
	ours.fixWindow(*seen)
	for _, cluster := range seen.equal {
		if t.isKnownLocked(cluster.Name, ours) {
			continue
		}
		switch {
		case t.canComeFrom(cluster, ours, *seen):
			seen.candidates = append(seen.candidates, cluster)
		case !cluster.StartTime.Before(ours.earliest):
			seen.later = append(seen.later, cluster)
		}
	}
}
