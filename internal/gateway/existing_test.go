// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"testing"
	"time"
)

// TestRecentEqualClusters lists the clusters of an apply that was killed, among
// others that no such apply left behind.
func TestRecentEqualClusters(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	minutesAgo := func(minutes int) time.Time { return start.Add(-time.Duration(minutes) * time.Minute) }
	server.On(options, declared)
	server.On(get, is("RUNNING"))
	server.On(listAll, at(listing(
		began(candidate(1), minutesAgo(2)),
		began(candidate(2), minutesAgo(14)),
		began(candidate(3), minutesAgo(16)),
		clusterJSON(candidate(4), "RUNNING", minutesAgo(2), defaults("1.0")),
		clusterJSON(candidate(5), "STOPPED", minutesAgo(2), defaults("2.0")),
		began(name, minutesAgo(2)),
	), start))
	if got := client.RecentEqualClusters(twoCores()); got != nil {
		t.Errorf("got %+v before anything was listed", got)
	}
	if _, _, err := client.Refresh(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	client.ListExisting(t.Context())
	requests := len(server.Requests())
	got := client.RecentEqualClusters(twoCores())
	if len(got) != 2 || got[0].Name != candidate(1) || got[1].Name != candidate(2) {
		t.Errorf("got %+v", got)
	}
	if again := client.RecentEqualClusters(twoCores()); again != nil {
		t.Errorf("reported again: %+v", again)
	}
	if len(server.Requests()) != requests {
		t.Error("it cost a request")
	}
}
