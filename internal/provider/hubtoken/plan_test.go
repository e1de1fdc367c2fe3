// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken_test

import (
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// rotatingToken is due for renewal a day after its creation.
func rotatingToken(renewBefore string) string {
	return `
resource "pc_hub_token" "test" {
  note         = "rotating"
  expires_in   = "48h"
  renew_before = ` + renewBefore + `
}
`
}

// TestAccHubToken_appliesThePlanThatWasApproved saves plans and applies them after
// the token has become due. Terraform plans once more during the apply, and requires
// the same action.
func TestAccHubToken_appliesThePlanThatWasApproved(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config  string
		summary string
	}{
		"nothing to change":       {rotatingToken(`"24h"`), "No changes"},
		"a shorter renew_before":  {rotatingToken(`"12h"`), "0 to add, 1 to change, 0 to destroy"},
		"a longer renew_before":   {rotatingToken(`"30h"`), "1 to add, 0 to change, 1 to destroy"},
		"another note":            {strings.Replace(rotatingToken(`"24h"`), "rotating", "other", 1), "1 to add, 0 to change, 1 to destroy"},
		"renew_before is removed": {rotatingToken("null"), "0 to add, 1 to change, 0 to destroy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			fakeClock := clock.NewFake(clock.Real().Now())
			block := providertest.ProviderBlock(mock)
			workspace := providertest.NewWorkspace(t, fakeClock, block+rotatingToken(`"24h"`))
			workspace.Apply()
			fakeClock.Advance(23 * time.Hour)
			workspace.Write("main.tf", block+test.config)
			if plan := workspace.Must("plan", "-no-color", "-out=saved.plan"); !strings.Contains(plan.Output, test.summary) {
				t.Fatalf("the plan is not %q:\n%s", test.summary, plan.Output)
			}
			fakeClock.Advance(2 * time.Hour)
			workspace.Must("apply", "-no-color", "saved.plan")
			workspace.Must("destroy", "-no-color", "-auto-approve")
		})
	}
}

// TestAccHubToken_isNotDueWithoutARefresh plans without a refresh, which alone detects
// that the token is due.
func TestAccHubToken_isNotDueWithoutARefresh(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	fakeClock := clock.NewFake(clock.Real().Now())
	workspace := providertest.NewWorkspace(t, fakeClock, providertest.ProviderBlock(mock)+rotatingToken(`"24h"`))
	workspace.Apply()
	fakeClock.Advance(25 * time.Hour)
	if plan := workspace.Must("plan", "-no-color", "-refresh=false", "-detailed-exitcode"); !strings.Contains(plan.Flat(), "is due, and this plan does not renew it") {
		t.Errorf("no warning says that the token is due:\n%s", plan.Output)
	}
	if plan := workspace.Must("plan", "-no-color"); !strings.Contains(plan.Output, "1 to add, 0 to change, 1 to destroy") {
		t.Errorf("the refresh does not renew the token:\n%s", plan.Output)
	}
	workspace.Must("destroy", "-no-color", "-auto-approve")
}

// TestAccHubToken_planIsEmptyAsTimePasses refreshes a token that expires, whose
// private state has the time of each refresh.
func TestAccHubToken_planIsEmptyAsTimePasses(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	fakeClock := clock.NewFake(clock.Real().Now())
	workspace := providertest.NewWorkspace(t, fakeClock, providertest.ProviderBlock(mock)+rotatingToken(`"24h"`))
	workspace.Apply()
	fakeClock.Advance(time.Hour)
	workspace.Must("plan", "-no-color", "-detailed-exitcode")
	workspace.Must("destroy", "-no-color", "-auto-approve")
}
