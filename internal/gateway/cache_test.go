// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

// ofProcess returns the reply with the cookie of this process of the gateway.
func ofProcess(process int, reply serverReply) serverReply {
	reply.Cookie = fmt.Sprintf("dask-gateway-%032x=%032x; Max-Age=600; Path=/", process, 1)
	return reply
}

// afterCacheFill returns the reply of a Kubernetes gateway to a long poll for an unknown
// name.
func afterCacheFill(fake *clock.Fake) serverReply {
	return scripted.After(unknownReply, func() { fake.Advance(longPollDuration) })
}

// createAfterLostResponse creates a cluster whose response is lost. The gateway has these
// replies for the listings.
func createAfterLostResponse(t *testing.T, cacheFills func(fake *clock.Fake) []serverReply, listings ...serverReply) (*scripted.Server, gateway.Creation, *gateway.AdoptError) {
	t.Helper()
	server, client, fake := newScripted(t)
	server.On(createRequest, lostReply)
	server.On(optionsRequest, optionsReply)
	server.On(cacheFillRequest, cacheFills(fake)...)
	for i := range listings {
		if listings[i].Date.IsZero() {
			listings[i].Date = startTime
		}
	}
	server.On(listAllRequest, listings...)
	got, err := client.Create(t.Context(), twoCoreOptions())
	failed, ok := errors.AsType[*gateway.AdoptError](err)
	if err != nil && !ok {
		t.Fatal(err)
	}
	return server, got, failed
}

// beforeCacheFill returns the replies to the six lookups that precede the wait for the
// cache.
func beforeCacheFill(reply serverReply) []serverReply {
	return slices.Repeat([]serverReply{reply}, 6)
}

// The gateway restarts again just before the listing that follows the wait for its
// cache.
func TestCreate_waitsForTheCacheAgainAfterARestart(t *testing.T) {
	t.Parallel()
	listings := append(beforeCacheFill(ofProcess(1, emptyListReply)), ofProcess(2, emptyListReply), ofProcess(2, listReply(twoCoreCluster(clusterName, startTime))))
	_, got, failed := createAfterLostResponse(t, func(fake *clock.Fake) []serverReply { return []serverReply{afterCacheFill(fake)} }, listings...)
	if failed != nil || !isAdopted(got, clusterName) {
		t.Errorf("got %+v, %v", got, failed)
	}
}

// A failed poll does not show that the cache is full.
func TestCreate_toleratesAnOutageWhileItWaitsForTheCache(t *testing.T) {
	t.Parallel()
	listings := append(beforeCacheFill(ofProcess(1, emptyListReply)), ofProcess(1, listReply(twoCoreCluster(clusterName, startTime))))
	_, got, failed := createAfterLostResponse(t, func(fake *clock.Fake) []serverReply {
		return []serverReply{proxyNotFoundReply, badGatewayReply, afterCacheFill(fake)}
	}, listings...)
	if failed != nil || !isAdopted(got, clusterName) {
		t.Errorf("got %+v, %v", got, failed)
	}
}

// The cluster of another request may be a candidate while the cache does not contain
// the requested cluster yet.
func TestCreate_waitsForTheCacheBeforeItListsCandidates(t *testing.T) {
	t.Parallel()
	theirs := twoCoreCluster(candidateName(1), startTime)
	first, both := ofProcess(1, listReply(theirs, twoCoreCluster(candidateName(2), startTime))), ofProcess(1, listReply(theirs, twoCoreCluster(candidateName(2), startTime), twoCoreCluster(clusterName, startTime)))
	_, got, failed := createAfterLostResponse(t, func(fake *clock.Fake) []serverReply { return []serverReply{afterCacheFill(fake)} }, append(beforeCacheFill(first), both)...)
	if failed == nil || len(failed.Candidates) != 3 || failed.MayBeIncomplete {
		t.Errorf("got %+v, %+v", got, failed)
	}
}

// The listings of a gateway that restarts before each of them, or whose cache had no
// time to fill, may be incomplete.
func TestCreate_reportsThatListingsMayBeIncomplete(t *testing.T) {
	t.Parallel()
	restarts := make([]serverReply, 0, 20)
	for process := range 20 {
		restarts = append(restarts, ofProcess(process, emptyListReply))
	}
	for label, test := range map[string]struct {
		cacheFill   func(fake *clock.Fake) serverReply
		listings    []serverReply
		wantLookups int
	}{
		"the gateway restarts before each listing": {afterCacheFill, restarts, 9},
		"the long poll fails":                      {func(*clock.Fake) serverReply { return badGatewayReply }, []serverReply{ofProcess(1, emptyListReply)}, 6},
		"no listing succeeds after the long poll":  {afterCacheFill, append(beforeCacheFill(ofProcess(1, emptyListReply)), errorReply(403, "no")), 7},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, got, failed := createAfterLostResponse(t, func(fake *clock.Fake) []serverReply { return []serverReply{test.cacheFill(fake)} }, test.listings...)
			if failed == nil || !failed.MayBeIncomplete || failed.ListError != nil {
				t.Errorf("got %+v, %+v", got, failed)
			}
			if lookups := server.Count(listAllRequest); lookups != test.wantLookups {
				t.Errorf("%d lookups, want %d", lookups, test.wantLookups)
			}
		})
	}
}

// Without a restart, one wait for the cache is enough for a minute.
func TestGetOrConfirmAbsence_waitsForTheCacheAgainAfterARestart(t *testing.T) {
	t.Parallel()
	for process, polls := range map[int]int{1: 1, 2: 2} {
		t.Run(fmt.Sprintf("process %d", process), func(t *testing.T) {
			t.Parallel()
			server, client, fake := newScripted(t)
			server.On(getRequest, notFoundReply)
			server.On(longPollRequest, scripted.After(notFoundReply, func() { fake.Advance(longPollDuration) }))
			others := listReply(runningCluster(otherClusterName))
			server.On(listRequest, ofProcess(1, others))
			for range 2 {
				if _, absence, err := client.GetOrConfirmAbsence(t.Context(), clusterName); absence == nil || err != nil {
					t.Fatalf("got %v, %v", absence, err)
				}
				server.On(listRequest, ofProcess(process, others))
			}
			if got := server.Count(longPollRequest); got != polls {
				t.Errorf("%d long polls, want %d", got, polls)
			}
		})
	}
}

// The gateway restarts before the listing that looks for other candidates.
func TestOtherCandidates_waitsForTheCacheAgainAfterARestart(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(createRequest, lostReply)
	server.On(optionsRequest, optionsReply)
	server.On(cacheFillRequest, afterCacheFill(fake))
	theirs, requested := twoCoreCluster(candidateName(1), startTime), twoCoreCluster(clusterName, startTime)
	listing := func(process int, clusters ...string) serverReply {
		return ofProcess(process, withServerTime(listReply(clusters...), startTime))
	}
	server.On(listAllRequest, listing(1, theirs), listing(1, theirs), listing(2, theirs), listing(2, theirs, requested))
	got, err := client.Create(t.Context(), twoCoreOptions())
	if err != nil || !isAdopted(got, candidateName(1)) {
		t.Fatalf("got %+v, %v", got, err)
	}
	others, err := client.OtherCandidates(t.Context(), got.Name, *got.Adopted)
	if err != nil || len(others) != 1 || others[0].Name != clusterName {
		t.Errorf("got %+v, %v", others, err)
	}
}
