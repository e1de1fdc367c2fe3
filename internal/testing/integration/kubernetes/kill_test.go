// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration_k8s

package kubernetes_test

import (
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

// The gateway is killed during a refresh, an apply and a destroy, while 60 clusters
// run. After a restart it lists no clusters for a while, and it responds to a DELETE of
// an unknown cluster with 204 without stopping it.
func TestGateway_restartsWithManyClusters(t *testing.T) {
	t.Parallel()
	const few, more = 60, 80
	s := newStory(t, startOwnStack(t))
	started := clock.Real().Now()
	lap := func(what string) {
		t.Logf("%s: %s", what, clock.Real().Now().Sub(started))
		started = clock.Real().Now()
	}
	s.writeClusters(few)
	s.Apply()
	s.expectStateMatches(few, "after the first apply")
	lap("apply")

	// One listing covers all clusters, so there is no second request to wait for.
	isRequested := s.requested(1, " GET /api/v1/")
	plan := s.Start("plan", "-no-color")
	s.waitUntil("the plan's request", isRequested)
	s.restart()
	s.expectNoChanges(plan.Wait())
	lap("plan, killed")
	s.kill()
	plan = s.Start("plan", "-no-color")
	refresh := s.Start("apply", "-refresh-only", "-auto-approve", "-no-color", "-lock=false")
	s.revive()
	s.expectNoChanges(plan.Wait())
	s.expectNoChanges(refresh.Wait())
	s.expectStateMatches(few, "after the refresh")
	lap("plan and refresh, started while the gateway was down")

	s.writeClusters(more)
	apply := s.Start("apply", "-auto-approve", "-no-color")
	s.waitUntil("the creation of some clusters", func() bool { return len(s.clusters()) >= few+3 })
	s.restart()
	s.retryCommand(apply.Wait(), "apply", more)
	lap("apply, killed")

	destroy := s.Start("destroy", "-auto-approve", "-no-color")
	s.waitUntil("the end of some clusters", func() bool { return len(s.activeClusters()) <= more-5 })
	s.restart()
	s.retryCommand(destroy.Wait(), "destroy", 0)
	lap("destroy, killed")
	if created := len(s.clusters()); created != more {
		t.Errorf("%d clusters were created in total, want %d", created, more)
	}
}

// expectNoChanges fails the test if a plan contains changes. The plan may fail with
// an error.
func (s *story) expectNoChanges(result terraform.Result) {
	s.t.Helper()
	switch {
	case strings.Contains(result.Output, "No changes."):
	case result.Code != 0 && strings.Contains(result.Output, "Error: "):
		s.t.Logf("the plan failed: %.600s", result.Flat())
	default:
		s.t.Errorf("the plan exited with %d and has changes:\n%s", result.Code, result.Output)
	}
}

// retryCommand repeats a failed command and expects this number of clusters.
func (s *story) retryCommand(result terraform.Result, command string, want int) {
	s.t.Helper()
	for tries := 1; result.Code != 0 && tries <= 2; tries++ {
		s.t.Logf("the %s failed: %.3000s", command, result.Output[strings.Index(result.Output, "Error: "):])
		result = s.Run(command, "-auto-approve", "-no-color")
	}
	if result.Code != 0 {
		s.t.Errorf("the %s fails after three attempts:\n%s", command, result.Output)
	}
	s.expectStateMatches(want, "after the "+command)
}
