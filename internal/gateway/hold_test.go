// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"io"
	"net/http"
	"sync"
	"testing"

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
