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
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// lossy is a gateway that makes clusters and loses answers, seen from the
// creates of one process, in a time of its own.
type lossy struct {
	*rand.Rand
	own      *createTracker
	now      time.Time
	ahead    time.Duration
	clusters []Cluster
	shows    map[string]time.Time
	queued   []*pendingCreate
	inFlight []*pendingCreate
	looking  []*looker
	// owner has the create that was given each cluster; expected counts the
	// creates that can have none.
	owner    map[string]*pendingCreate
	expected int
	failed   int
}

// looker is a create whose answer was lost, with what it saw last.
type looker struct {
	*pendingCreate
	before []Cluster
	looks  int
}

// failures are a connection that broke and a proxy's response.
var failures = []transport.Error{{Kind: transport.KindNoResponse}, {Kind: transport.KindStatus, Status: http.StatusBadGateway}}

const lossyOptions = "worker_cores"

func newLossy(seed uint64) *lossy {
	source := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test that can be repeated
	return &lossy{
		Rand: source, own: newCreateTracker(), now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC),
		ahead: time.Duration(source.IntN(600)-300) * time.Second,
		shows: map[string]time.Time{}, owner: map[string]*pendingCreate{},
	}
}

// step lets something happen: a create begins, one is sent, one gets its answer or
// loses it, one looks.
func (l *lossy) step() {
	l.now = l.now.Add(time.Duration(l.IntN(1500)) * time.Millisecond)
	switch choice := l.IntN(5); {
	case choice == 0:
		l.queued = append(l.queued, l.own.begin(map[string]any{lossyOptions: 1}))
	case choice == 1 && len(l.queued) > 0:
		l.send(l.IntN(len(l.queued)))
	case choice == 2 && len(l.inFlight) > 0:
		l.answer(l.IntN(len(l.inFlight)))
	case len(l.looking) > 0:
		l.look(l.IntN(len(l.looking)))
	}
}

// send gives a create a connection.
func (l *lossy) send(which int) {
	ours := l.queued[which]
	l.queued = slices.Delete(l.queued, which, which+1)
	l.own.markSent(ours, func() time.Time { return l.now })
	l.inFlight = append(l.inFlight, ours)
}

// answer ends the POST of a create: the gateway has made a cluster or has not,
// and the answer arrives or is lost.
func (l *lossy) answer(which int) {
	ours := l.inFlight[which]
	l.inFlight = slices.Delete(l.inFlight, which, which+1)
	made, answered := l.IntN(3) > 0, l.IntN(3) == 0
	name := ""
	if made {
		name = fmt.Sprintf("prod.%08x", l.Uint32())
		l.clusters = append(l.clusters, Cluster{Name: name, Status: StatusPending, StartTime: l.now.Add(l.ahead).Truncate(time.Second)})
		l.shows[name] = l.now.Add(time.Duration(l.IntN(8000)) * time.Millisecond)
	} else {
		l.expected++
	}
	if made && answered {
		l.own.markCreated(ours, name)
		l.owner[name] = ours
		return
	}
	l.own.markLost(ours, &failures[l.IntN(len(failures))], l.now)
	l.looking = append(l.looking, &looker{pendingCreate: ours})
}

// look is one look of a create, as adopt does: it lists, and waits for the
// answers of those in flight.
func (l *lossy) look(which int) {
	ours := l.looking[which]
	seen := listingSnapshot{askedAt: l.now, receivedAt: l.now, serverNow: l.now.Add(l.ahead).Truncate(time.Second)}
	for _, cluster := range l.clusters {
		if l.now.Before(l.shows[cluster.Name]) {
			continue
		}
		l.own.recordSeen(cluster.Name)
		seen.equal = append(seen.equal, cluster)
	}
	l.own.recordFirstListing(ours.pendingCreate, nil)
	l.own.sortCandidates(ours.pendingCreate, &seen)
	l.Shuffle(len(seen.clusters), func(i, j int) {
		seen.clusters[i], seen.clusters[j] = seen.clusters[j], seen.clusters[i]
	})
	for len(l.inFlight) > 0 {
		l.answer(0)
	}
	seen.clusters = slices.DeleteFunc(seen.clusters, func(cluster Cluster) bool { return l.own.isKnown(cluster.Name, ours.pendingCreate) })
	ours.looks++
	at := listSettled
	switch {
	case ours.looks >= maxLookups && l.allShow():
		at = finalLookup
	case hasNew(seen.clusters, ours.before):
		at = listChanged
	}
	ours.before = seen.clusters
	name, decided := l.own.assign(ours.pendingCreate, seen, at)
	if name == "" && !decided && at != finalLookup {
		return
	}
	l.looking = slices.Delete(l.looking, which, which+1)
	l.own.finish(ours.pendingCreate)
	if name == "" {
		l.failed++
		return
	}
	l.owner[name] = ours.pendingCreate
}

// allShow says that no cluster is hidden by a cache any more.
func (l *lossy) allShow() bool {
	return !slices.ContainsFunc(l.clusters, func(cluster Cluster) bool { return l.now.Before(l.shows[cluster.Name]) })
}

// TestAssign_leavesNoCluster lets creates with the same options lose their answers
// while others begin. Under load a create was once given a later one's cluster,
// and its own was in no state.
func TestAssign_leavesNoCluster(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		world := newLossy(seed)
		for range 60 {
			world.step()
		}
		for len(world.queued) > 0 {
			world.send(0)
		}
		for len(world.inFlight) > 0 {
			world.answer(0)
		}
		for len(world.looking) > 0 {
			world.now = world.now.Add(lookupInterval)
			world.look(world.IntN(len(world.looking)))
		}
		for _, cluster := range world.clusters {
			if world.owner[cluster.Name] == nil {
				t.Errorf("seed %d: %s belongs to no create", seed, cluster.Name)
			}
		}
		if world.failed != world.expected {
			t.Errorf("seed %d: %d creates have no cluster, the gateway made none for %d", seed, world.failed, world.expected)
		}
	}
}

// TestMarkSent_startsTheWindow lets a create wait for a connection: what appears meanwhile
// is somebody else's.
func TestMarkSent_startsTheWindow(t *testing.T) {
	t.Parallel()
	own, now := newCreateTracker(), time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	ours := own.begin(nil)
	theirs := Cluster{Name: "theirs", StartTime: now.Add(2 * time.Minute)}
	own.recordSeen(theirs.Name)
	own.markSent(ours, func() time.Time { return now.Add(5 * time.Minute) })
	later := now.Add(6 * time.Minute)
	own.markLost(ours, &failures[0], later)
	if own.canComeFrom(theirs, ours, listingSnapshot{askedAt: later, receivedAt: later, serverNow: later}) || !own.isKnown(theirs.Name, ours) {
		t.Error("it may be taken for what was sent later")
	}
	own.begin(nil)
	ended, end := context.WithCancel(t.Context())
	end()
	if err := own.waitForOthers(ended, ours); err != nil {
		t.Error("it waits for one that still waits itself")
	}
}
