// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration_k8s

package kubernetes_test

import (
	"testing"
	"time"
)

// watchLag is the delay after which the gateway receives a new cluster. Until then it
// responds to a GET with 404, and to a DELETE with 204 without stopping anything.
const watchLag = 3 * time.Second

func TestLaggingWatch_destroysRightAfterCreate(t *testing.T) {
	t.Parallel()
	s := newStory(t, startOwnStack(t))
	s.stack.SetWatchLag(watchLag)
	s.writeClusters(5)
	s.Apply()
	s.expectStateMatches(5, "after the apply")
	s.expectNoChanges(s.Must("plan", "-no-color"))
	s.Destroy()
	s.expectStateMatches(0, "after the destroy")

	// The plan follows directly after a POST that Terraform has not waited for.
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"many\" {\n for_each = toset([\"a\", \"b\"])\n options = { profile = \"stuck\" }\n timeouts = { create = \"1s\" }\n}\n")
	if result := s.Run("apply", "-auto-approve", "-no-color"); result.Code == 0 {
		t.Errorf("clusters that don't start were applied:\n%s", result.Output)
	}
	s.expectStateMatches(2, "after the apply that ran out of time")
	s.Destroy()
	s.expectStateMatches(0, "after the destroy of clusters that never ran")
	if created := len(s.clusters()); created != 7 {
		t.Errorf("%d clusters were created in total, want 7", created)
	}
}

// The gateway is killed after the API server has stored the clusters and before any
// response is sent.
func TestLaggingWatch_adoptsClustersOfLostResponses(t *testing.T) {
	t.Parallel()
	const few, more = 3, 11
	s := newStory(t, startOwnStack(t))
	s.writeClusters(few)
	s.Apply()
	s.stack.SetResponseLag(waitTimeout)
	s.writeClusters(more)
	apply := s.Start("apply", "-auto-approve", "-no-color")
	s.waitUntil("the creation of all clusters", func() bool { return len(s.clusters()) == more })
	s.kill()
	s.stack.SetResponseLag(0)
	s.stack.SetWatchLag(watchLag)
	s.revive()
	result := apply.Wait()
	t.Logf("%d: %.3000s", result.Code, result.Output)
	s.retryCommand(result, "apply", more)
	s.expectNoChanges(s.Must("plan", "-no-color"))
	s.Destroy()
	s.expectStateMatches(0, "after the destroy")
	if created := len(s.clusters()); created != more {
		t.Errorf("%d clusters were created in total, want %d", created, more)
	}
}
