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

// TestWaitCluster_leavesConnectionsForOthers has as many wait as may: three quarters
// of the 32 connections. One more reads the cluster at once, until one of the
// others has its answer.
func TestWaitCluster_leavesConnectionsForOthers(t *testing.T) {
	t.Parallel()
	const mayWait = 24
	polls, release := make(chan struct{}, mayWait), make(chan struct{})
	client := answeringWith(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "wait" {
			polls <- struct{}{}
			<-release
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, running(name))
	}))
	wait := func() {
		if cluster, err := client.WaitCluster(t.Context(), name); err != nil || cluster.Status != gateway.StatusRunning {
			t.Errorf("got %+v, %v", cluster, err)
		}
	}
	var all sync.WaitGroup
	for range mayWait {
		all.Go(wait)
	}
	for range mayWait {
		<-polls
	}
	wait()
	if len(polls) != 0 {
		t.Error("there was one long poll too many")
	}
	close(release)
	all.Wait()
	wait()
	if len(polls) != 1 {
		t.Error("the connections of those that have their answers are not used")
	}
}

// TestGetOrConfirmAbsence_leavesTheOnlyConnectionForOthers confirms an absence with
// max_connections = 1. A request that the gateway holds for 20 s would block
// every other read for as long, so the client polls in its place.
func TestGetOrConfirmAbsence_leavesTheOnlyConnectionForOthers(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(start)
	client := answeringOver(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "wait" {
			t.Error("the only connection was held")
		}
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/clusters/") {
			_, _ = io.WriteString(w, `{}`)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"error": "Cluster `+name+` not found"}`)
	}), fake, 1)
	_, absence, err := client.GetOrConfirmAbsence(t.Context(), name)
	if err != nil || absence == nil {
		t.Fatalf("got %v, %v", absence, err)
	}
	if waited := absence.ConfirmedAt().Sub(start); waited < held {
		t.Errorf("the cluster counts as absent after %s, before a cache had the time to fill", waited)
	}
}
