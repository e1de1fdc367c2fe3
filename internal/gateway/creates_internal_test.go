// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// lossyGateway simulates a gateway that creates clusters and loses responses, as the
// creates of one process see it. It has a virtual clock.
type lossyGateway struct {
	*rand.Rand
	tracker     *createTracker
	now         time.Time
	clockOffset time.Duration
	clusters    []Cluster
	visibleFrom map[string]time.Time
	queued      []*pendingCreate
	inFlight    []*pendingCreate
	searching   []*searchingCreate
	// assigned contains the create that got each cluster. unanswerable counts the
	// creates for which the gateway created no cluster.
	assigned     map[string]*pendingCreate
	unanswerable int
	failed       int
}

// searchingCreate is a create whose response was lost, with its previous listing.
type searchingCreate struct {
	*pendingCreate
	previous []Cluster
	lookups  int
}

// lostResponses are a broken connection and a proxy's response.
var lostResponses = []transport.Error{{Kind: transport.KindNoResponse}, {Kind: transport.KindStatus, Status: http.StatusBadGateway}}

const lossyOptions = "worker_cores"

func newLossyGateway(seed uint64) *lossyGateway {
	source := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a reproducible test
	return &lossyGateway{
		Rand: source, tracker: newCreateTracker(), now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC),
		clockOffset: time.Duration(source.IntN(600)-300) * time.Second,
		visibleFrom: map[string]time.Time{}, assigned: map[string]*pendingCreate{},
	}
}

// step performs one random event: a create begins, is sent, gets or loses its
// response, or looks up its cluster.
func (l *lossyGateway) step() {
	l.now = l.now.Add(time.Duration(l.IntN(1500)) * time.Millisecond)
	switch choice := l.IntN(5); {
	case choice == 0:
		l.queued = append(l.queued, l.tracker.begin(map[string]any{lossyOptions: 1}))
	case choice == 1 && len(l.queued) > 0:
		l.send(l.IntN(len(l.queued)))
	case choice == 2 && len(l.inFlight) > 0:
		l.endRequest(l.IntN(len(l.inFlight)))
	case len(l.searching) > 0:
		l.lookUp(l.IntN(len(l.searching)))
	}
}

// send assigns a connection to a queued create.
func (l *lossyGateway) send(which int) {
	ours := l.queued[which]
	l.queued = slices.Delete(l.queued, which, which+1)
	l.tracker.markSent(ours, func() time.Time { return l.now })
	l.inFlight = append(l.inFlight, ours)
}

// endRequest ends the POST of a create. The gateway may have created a cluster, and
// the response may be lost.
func (l *lossyGateway) endRequest(which int) {
	ours := l.inFlight[which]
	l.inFlight = slices.Delete(l.inFlight, which, which+1)
	isCreated, hasResponse := l.IntN(3) > 0, l.IntN(3) == 0
	name := ""
	if isCreated {
		name = fmt.Sprintf("prod.%08x", l.Uint32())
		l.clusters = append(l.clusters, Cluster{Name: name, Status: StatusPending, StartTime: l.now.Add(l.clockOffset).Truncate(time.Second)})
		l.visibleFrom[name] = l.now.Add(time.Duration(l.IntN(8000)) * time.Millisecond)
	} else {
		l.unanswerable++
	}
	if isCreated && hasResponse {
		l.tracker.markCreated(ours, name)
		l.assigned[name] = ours
		return
	}
	l.tracker.markLost(ours, &lostResponses[l.IntN(len(lostResponses))], l.now)
	l.searching = append(l.searching, &searchingCreate{pendingCreate: ours})
}

// lookUp performs one lookup of a create, as adopt does: it lists the clusters and
// waits for the creates in flight.
func (l *lossyGateway) lookUp(which int) {
	ours := l.searching[which]
	seen := listingSnapshot{sentAt: l.now, receivedAt: l.now, serverNow: l.now.Add(l.clockOffset).Truncate(time.Second)}
	for _, cluster := range l.clusters {
		if l.now.Before(l.visibleFrom[cluster.Name]) {
			continue
		}
		l.tracker.recordSeen(cluster.Name)
		seen.equal = append(seen.equal, cluster)
	}
	l.tracker.recordFirstListing(ours.pendingCreate, nil)
	l.tracker.sortCandidates(ours.pendingCreate, &seen)
	l.Shuffle(len(seen.candidates), func(i, j int) {
		seen.candidates[i], seen.candidates[j] = seen.candidates[j], seen.candidates[i]
	})
	for len(l.inFlight) > 0 {
		l.endRequest(0)
	}
	seen.candidates = slices.DeleteFunc(seen.candidates, func(cluster Cluster) bool { return l.tracker.isKnown(cluster.Name, ours.pendingCreate) })
	ours.lookups++
	stage := listSettled
	switch {
	case ours.lookups >= maxLookups && l.areAllVisible():
		stage = finalLookup
	case hasNew(seen.candidates, ours.previous):
		stage = listChanged
	}
	ours.previous = seen.candidates
	name, isFinal := l.tracker.assign(ours.pendingCreate, seen, stage)
	if name == "" && !isFinal && stage != finalLookup {
		return
	}
	l.searching = slices.Delete(l.searching, which, which+1)
	l.tracker.finish(ours.pendingCreate)
	if name == "" {
		l.failed++
		return
	}
	l.assigned[name] = ours.pendingCreate
}

// areAllVisible reports whether the gateway lists every cluster.
func (l *lossyGateway) areAllVisible() bool {
	return !slices.ContainsFunc(l.clusters, func(cluster Cluster) bool { return l.now.Before(l.visibleFrom[cluster.Name]) })
}

// Creates with the same options lose their responses while others begin. Under load,
// a create once adopted the cluster of a later one, and no state contained its own
// cluster.
func TestAssign_givesEveryClusterToACreate(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		lossy := newLossyGateway(seed)
		for range 60 {
			lossy.step()
		}
		for len(lossy.queued) > 0 {
			lossy.send(0)
		}
		for len(lossy.inFlight) > 0 {
			lossy.endRequest(0)
		}
		for len(lossy.searching) > 0 {
			lossy.now = lossy.now.Add(lookupInterval)
			lossy.lookUp(lossy.IntN(len(lossy.searching)))
		}
		for _, cluster := range lossy.clusters {
			if lossy.assigned[cluster.Name] == nil {
				t.Errorf("seed %d: %s was assigned to no create", seed, cluster.Name)
			}
		}
		if lossy.failed != lossy.unanswerable {
			t.Errorf("seed %d: %d creates got no cluster, the gateway created none for %d", seed, lossy.failed, lossy.unanswerable)
		}
	}
}

// A create waits for a connection. A cluster that appears before the request is sent
// is not its own.
func TestMarkSent_startsTheWindow(t *testing.T) {
	t.Parallel()
	tracker, now := newCreateTracker(), time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	ours := tracker.begin(nil)
	theirs := Cluster{Name: "theirs", StartTime: now.Add(2 * time.Minute)}
	tracker.recordSeen(theirs.Name)
	tracker.markSent(ours, func() time.Time { return now.Add(5 * time.Minute) })
	later := now.Add(6 * time.Minute)
	tracker.markLost(ours, &lostResponses[0], later)
	if tracker.canComeFrom(theirs, ours, listingSnapshot{sentAt: later, receivedAt: later, serverNow: later}) || !tracker.isKnown(theirs.Name, ours) {
		t.Error("the cluster is a candidate of a create that was sent later")
	}
	tracker.begin(nil)
	ended, end := context.WithCancel(t.Context())
	end()
	if err := tracker.waitForOthers(ended, ours); err != nil {
		t.Error("waitForOthers waits for a create that is still queued")
	}
}

// TestWaitForAdoptions_waitsForCreatesThatMayAdopt checks that a create that has failed
// waits for another one with the same options that may still adopt its candidate.
func TestWaitForAdoptions_waitsForCreatesThatMayAdopt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tracker := newCreateTracker()
		begin := func(options map[string]any) *pendingCreate {
			create := tracker.begin(options)
			tracker.markSent(create, clock.Real().Now)
			tracker.markLost(create, &lostResponses[0], clock.Real().Now())
			return create
		}
		options := map[string]any{lossyOptions: 1}
		failed, adopting, unrelated := begin(options), begin(options), begin(map[string]any{lossyOptions: 2})
		ended := false
		go func() {
			tracker.waitForAdoptions(t.Context(), failed)
			ended = true
		}()
		synctest.Wait()
		if ended {
			t.Error("waitForAdoptions did not wait for the other create")
		}
		// It waits neither for a create that is itself waiting, nor for one with other
		// options.
		go tracker.waitForAdoptions(t.Context(), unrelated)
		tracker.markCreated(adopting, "adopted")
		synctest.Wait()
		if !ended || !tracker.isKnown("adopted", failed) {
			t.Errorf("after the adoption: ended %t", ended)
		}
	})
}

func TestWaitForAdoptions_endsSoonAfterItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tracker := newCreateTracker()
		failed, other := tracker.begin(nil), tracker.begin(nil)
		tracker.markSent(failed, clock.Real().Now)
		tracker.markSent(other, clock.Real().Now)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		began := clock.Real().Now()
		tracker.waitForAdoptions(ctx, failed)
		if took := time.Since(began); took != siblingTimeout {
			t.Errorf("waitForAdoptions waited %s", took)
		}
	})
}
