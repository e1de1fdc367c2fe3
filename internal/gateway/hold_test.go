// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
)

// At most three quarters of the 32 connections may hold long polls. A further
// request reads the cluster at once, until one of the long polls ends.
func TestWaitCluster_leavesConnectionsForOtherRequests(t *testing.T) {
	t.Parallel()
	const maxLongPolls = 24
	polls, release := make(chan struct{}, maxLongPolls), make(chan struct{})
	client := newGatewayClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "wait" {
			polls <- struct{}{}
			<-release
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, runningCluster(clusterName))
	}))
	wait := func() {
		if cluster, err := client.WaitCluster(t.Context(), clusterName); err != nil || cluster.Status != gateway.StatusRunning {
			t.Errorf("got %+v, %v", cluster, err)
		}
	}
	var all sync.WaitGroup
	for range maxLongPolls {
		all.Go(wait)
	}
	for range maxLongPolls {
		<-polls
	}
	wait()
	if len(polls) != 0 {
		t.Error("the client holds one long poll too many")
	}
	close(release)
	all.Wait()
	wait()
	if len(polls) != 1 {
		t.Error("the client does not reuse the connections of completed long polls")
	}
}

// TestGetOrConfirmAbsence_doesNotHoldTheOnlyConnection confirms an absence with
// max_connections = 1. A long poll of 20 seconds would block every other read, so
// the client polls instead.
func TestGetOrConfirmAbsence_doesNotHoldTheOnlyConnection(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(startTime)
	client := newLimitedGatewayClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "wait" {
			t.Error("the client holds its only connection")
		}
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/clusters/") {
			_, _ = io.WriteString(w, `{}`)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"error": "Cluster `+clusterName+` not found"}`)
	}), fake, 1)
	_, absence, err := client.GetOrConfirmAbsence(t.Context(), clusterName)
	if err != nil || absence == nil {
		t.Fatalf("got %v, %v", absence, err)
	}
	if waited := absence.ConfirmedAt().Sub(startTime); waited < longPollDuration {
		t.Errorf("the cluster counts as absent after %s, before a cache had the time to fill", waited)
	}
}
