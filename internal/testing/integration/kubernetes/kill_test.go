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

// TestKilledGateway kills the gateway while 60 clusters run: in the midst of a
// refresh, an apply and a destroy. After its start the gateway answers for a
// while as if there were no clusters, and stops none of those that it does not
// know, with a 204.
func TestKilledGateway(t *testing.T) {
	t.Parallel()
	const few, more = 60, 80
	s := begin(t, own(t))
	began := clock.Real().Now()
	lap := func(what string) {
		t.Logf("%s: %s", what, clock.Real().Now().Sub(began))
		began = clock.Real().Now()
	}
	s.many(few)
	s.Apply()
	s.wantAgreement(few, "after the first apply")
	lap("apply")

	// One listing answers for all clusters: there is no second request to wait for.
	asked := s.requested(1, " GET /api/v1/")
	plan := s.Start("plan", "-no-color")
	s.until("the plan's request", asked)
	s.restart()
	s.wantNoChanges(plan.Wait())
	lap("plan, killed")
	s.kill()
	plan = s.Start("plan", "-no-color")
	refresh := s.Start("apply", "-refresh-only", "-auto-approve", "-no-color", "-lock=false")
	s.revive()
	s.wantNoChanges(plan.Wait())
	s.wantNoChanges(refresh.Wait())
	s.wantAgreement(few, "after the refresh")
	lap("plan and refresh, begun while it was down")

	s.many(more)
	apply := s.Start("apply", "-auto-approve", "-no-color")
	s.until("the creation of some clusters", func() bool { return len(s.clusters()) >= few+3 })
	s.restart()
	s.again(apply.Wait(), "apply", more)
	lap("apply, killed")

	destroy := s.Start("destroy", "-auto-approve", "-no-color")
	s.until("the end of some clusters", func() bool { return len(s.alive()) <= more-5 })
	s.restart()
	s.again(destroy.Wait(), "destroy", 0)
	lap("destroy, killed")
	if made := len(s.clusters()); made != more {
		t.Errorf("%d clusters were made in all, want %d", made, more)
	}
}

// wantNoChanges fails when a plan would change something. It may fail in words.
func (s *story) wantNoChanges(result terraform.Result) {
	s.t.Helper()
	switch {
	case strings.Contains(result.Output, "No changes."):
	case result.Code != 0 && strings.Contains(result.Output, "Error: "):
		s.t.Logf("in words: %.600s", result.Flat())
	default:
		s.t.Errorf("it ended with %d and without the words No changes:\n%s", result.Code, result.Output)
	}
}

// again runs a command that has failed once more, and wants so many clusters in
// the end.
func (s *story) again(result terraform.Result, command string, want int) {
	s.t.Helper()
	for tries := 1; result.Code != 0 && tries <= 2; tries++ {
		s.t.Logf("the %s failed: %.3000s", command, result.Output[strings.Index(result.Output, "Error: "):])
		result = s.Run(command, "-auto-approve", "-no-color")
	}
	if result.Code != 0 {
		s.t.Errorf("the %s fails again and again:\n%s", command, result.Output)
	}
	s.wantAgreement(want, "after the "+command)
}
