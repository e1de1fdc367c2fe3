// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"testing"
	"time"
)

// TestOtherCandidates_returnsClustersListedLater adopts the cluster of another
// request, because a cache lists the requested one only after two listings.
func TestOtherCandidates_returnsClustersListedLater(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(createRequest, lostReply)
	server.On(optionsRequest, optionsReply)
	theirs, requested := twoCoreCluster(candidateName(1), startTime), twoCoreCluster(clusterName, startTime.Add(time.Second))
	ended, later := clusterJSON(candidateName(2), "STOPPED", startTime, defaultOptions("2.0")), twoCoreCluster(candidateName(3), startTime.Add(time.Minute))
	server.On(listAllRequest, withServerTime(listReply(theirs), startTime), withServerTime(listReply(theirs), startTime.Add(2*time.Second)), withServerTime(listReply(theirs, requested, ended, later), startTime.Add(12*time.Second)))
	got, err := client.Create(t.Context(), twoCoreOptions())
	if err != nil || !isAdopted(got, candidateName(1)) {
		t.Fatalf("got %+v, %v", got, err)
	}
	others, err := client.OtherCandidates(t.Context(), got.Name, *got.Adopted)
	if err != nil || len(others) != 1 || others[0].Name != clusterName {
		t.Errorf("got %+v, %v", others, err)
	}
	if waited := fake.Now().Sub(startTime); waited != 12*time.Second {
		t.Errorf("OtherCandidates returned after %s", waited)
	}
}

// TestOtherCandidates_waitsForALateStart has a gateway without a cache, which may
// create the cluster for three seconds after the connection broke.
func TestOtherCandidates_waitsForALateStart(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(createRequest, lostReply)
	server.On(optionsRequest, optionsReply)
	theirs := twoCoreCluster(localName(1), startTime)
	server.On(listAllRequest, withServerTime(listReply(theirs), startTime), withServerTime(listReply(theirs), startTime.Add(2*time.Second)), withServerTime(listReply(theirs, twoCoreCluster(localName(2), startTime.Add(2500*time.Millisecond))), startTime.Add(3*time.Second)))
	got, err := client.Create(t.Context(), twoCoreOptions())
	if err != nil || !isAdopted(got, localName(1)) {
		t.Fatalf("got %+v, %v", got, err)
	}
	others, err := client.OtherCandidates(t.Context(), got.Name, *got.Adopted)
	if err != nil || len(others) != 1 || others[0].Name != localName(2) || fake.Now().Sub(startTime) != 3*time.Second {
		t.Errorf("got %+v, %v after %s", others, err, fake.Now().Sub(startTime))
	}
}
