// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"testing"
	"time"
)

// TestRecentEqualClusters_returnsLeftoversOnce lists the clusters of a killed apply
// beside other clusters.
func TestRecentEqualClusters_returnsLeftoversOnce(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	minutesAgo := func(minutes int) time.Time { return startTime.Add(-time.Duration(minutes) * time.Minute) }
	server.On(optionsRequest, optionsReply)
	server.On(getRequest, clusterReply("RUNNING"))
	server.On(listAllRequest, withServerTime(listReply(
		twoCoreCluster(candidateName(1), minutesAgo(2)),
		twoCoreCluster(candidateName(2), minutesAgo(14)),
		twoCoreCluster(candidateName(3), minutesAgo(16)),
		clusterJSON(candidateName(4), "RUNNING", minutesAgo(2), defaultOptions("1.0")),
		clusterJSON(candidateName(5), "STOPPED", minutesAgo(2), defaultOptions("2.0")),
		twoCoreCluster(clusterName, minutesAgo(2)),
	), startTime))
	if got := client.RecentEqualClusters(twoCoreOptions()); got != nil {
		t.Errorf("got %+v before anything was listed", got)
	}
	if _, _, err := client.Refresh(t.Context(), clusterName); err != nil {
		t.Fatal(err)
	}
	client.ListExisting(t.Context())
	requests := len(server.Requests())
	got := client.RecentEqualClusters(twoCoreOptions())
	if len(got) != 2 || got[0].Name != candidateName(1) || got[1].Name != candidateName(2) {
		t.Errorf("got %+v", got)
	}
	if again := client.RecentEqualClusters(twoCoreOptions()); again != nil {
		t.Errorf("reported again: %+v", again)
	}
	if len(server.Requests()) != requests {
		t.Error("RecentEqualClusters sent a request")
	}
}

// A cluster with the same options that started a second earlier is no candidate
// once it has been listed.
func TestListExisting_excludesExistingClusters(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	before := twoCoreCluster(candidateName(1), startTime.Add(-time.Second))
	server.On(listAllRequest, withServerTime(listReply(before), startTime), withServerTime(listReply(before, twoCoreCluster(clusterName, startTime)), startTime.Add(time.Second)))
	server.On(createRequest, lostReply)
	server.On(optionsRequest, optionsReply)
	for range 3 {
		client.ListExisting(t.Context())
	}
	got, err := client.Create(t.Context(), twoCoreOptions())
	if err != nil || !isAdopted(got, clusterName) {
		t.Errorf("got %+v, %v", got, err)
	}
	server.Expect(t, listAllRequest, optionsRequest, createRequest, listAllRequest, listAllRequest)
}

// The listing is optional, and many creates request it.
func TestListExisting_doesNotRetry(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(listAllRequest, errorReply(403, "no"))
	server.On(optionsRequest, optionsReply)
	server.On(createRequest, createdReply)
	for range 3 {
		client.ListExisting(t.Context())
	}
	if _, err := client.Create(t.Context(), twoCoreOptions()); err != nil {
		t.Error(err)
	}
	server.Expect(t, listAllRequest, optionsRequest, createRequest)
}
