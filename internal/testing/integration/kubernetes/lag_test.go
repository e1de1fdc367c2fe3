// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration_k8s

package kubernetes_test

import (
	"testing"
	"time"
)

// lag is how much later than the API server the gateway knows of its clusters:
// for so long after a POST it answers 404 for the cluster, and a DELETE with a
// 204 that stops nothing.
const lag = 3 * time.Second

func TestLaggingWatch_destroyedAtOnce(t *testing.T) {
	t.Parallel()
	s := begin(t, own(t))
	s.stack.SetWatchLag(lag)
	s.many(5)
	s.Apply()
	s.wantAgreement(5, "after the apply")
	s.wantNoChanges(s.Must("plan", "-no-color"))
	s.Destroy()
	s.wantAgreement(0, "after the destroy")

	// A plan right after a POST that Terraform has not waited for.
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"many\" {\n for_each = toset([\"a\", \"b\"])\n options = { profile = \"stuck\" }\n timeouts = { create = \"1s\" }\n}\n")
	if result := s.Run("apply", "-auto-approve", "-no-color"); result.Code == 0 {
		t.Errorf("clusters that don't start were applied:\n%s", result.Output)
	}
	s.wantAgreement(2, "after the apply that ran out of time")
	s.Destroy()
	s.wantAgreement(0, "after the destroy of what never ran")
	if made := len(s.clusters()); made != 7 {
		t.Errorf("%d clusters were made in all, want 7", made)
	}
}

// TestLaggingWatch_lostAnswers kills the gateway when the API server has the
// clusters and nobody was told so.
func TestLaggingWatch_lostAnswers(t *testing.T) {
	t.Parallel()
	const few, more = 3, 11
	s := begin(t, own(t))
	s.many(few)
	s.Apply()
	s.stack.SetAnswerLag(patience)
	s.many(more)
	apply := s.Start("apply", "-auto-approve", "-no-color")
	s.until("the creation of all clusters", func() bool { return len(s.clusters()) == more })
	s.kill()
	s.stack.SetAnswerLag(0)
	s.stack.SetWatchLag(lag)
	s.revive()
	result := apply.Wait()
	t.Logf("%d: %.3000s", result.Code, result.Output)
	s.again(result, "apply", more)
	s.wantNoChanges(s.Must("plan", "-no-color"))
	s.Destroy()
	s.wantAgreement(0, "after the destroy")
	if made := len(s.clusters()); made != more {
		t.Errorf("%d clusters were made in all, want %d", made, more)
	}
}
