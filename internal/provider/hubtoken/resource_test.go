// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const tokenAddress = "pc_hub_token.test"

func expectTokenAction(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(tokenAddress, action)}}
}

func tokenHas(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(tokenAddress, tfjsonpath.New(attribute), value)
}

func TestAccHubToken_isCreatedAndRevoked(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	config := providertest.ProviderBlock(mock) + `
resource "pc_hub_token" "test" {
  note       = "nightly run"
  expires_in = "720h"
  scopes     = ["access:services!service=dask-gateway"]
}`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{
				Config:           config,
				ConfigPlanChecks: expectTokenAction(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{
					tokenHas("user", knownvalue.StringExact("alice")),
					tokenHas("note", knownvalue.StringExact("nightly run")),
					tokenHas("id", knownvalue.StringRegexp(regexp.MustCompile(`^a\d+$`))),
					tokenHas("token", knownvalue.StringRegexp(regexp.MustCompile(`^[0-9a-f]{32}$`))),
					tokenHas("created_at", providertest.IsTime),
					tokenHas("expires_at", providertest.IsTime),
					tokenHas("ready_for_renewal", knownvalue.Bool(false)),
					// The Hub resolves the scopes to more than the configured ones, which
					// is no reason to plan a change.
					tokenHas("scopes", knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("access:services!service=dask-gateway")})),
					providertest.Requested(mock, "POST", "*/users/alice/tokens", 1),
					providertest.AfterApply(func() error {
						return providertest.WantBody(mock, "/tokens", `{"expires_in":2592000,"note":"nightly run","scopes":["access:services!service=dask-gateway"]}`)
					}),
				},
			},
			{Config: config, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
		},
	})
	if got := providertest.TokenNotes(mock); got["nightly run"] != 0 {
		t.Errorf("the token is left behind: %v", got)
	}
}

func TestAccHubToken_isRenewedByOneApply(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	fakeClock := clock.NewFake(clock.Real().Now())
	config := providertest.ProviderBlock(mock) + `
resource "pc_hub_token" "test" {
  note         = "rotating"
  expires_in   = "48h"
  renew_before = "24h"
  lifecycle {
    create_before_destroy = true
  }
}`
	differ := statecheck.CompareValue(compare.ValuesDiffer())
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.FactoriesWith(provider.WithClock(fakeClock)),
		Steps: []resource.TestStep{
			{Config: config, ConfigStateChecks: []statecheck.StateCheck{differ.AddStateValue(tokenAddress, tfjsonpath.New("token"))}},
			{
				PreConfig:        func() { fakeClock.Advance(23 * time.Hour) },
				Config:           config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			{
				// Both clocks advance, as in reality, so that the new token is not due.
				PreConfig:        func() { fakeClock.Advance(2 * time.Hour); mock.Advance(25 * time.Hour) },
				Config:           config,
				ConfigPlanChecks: expectTokenAction(plancheck.ResourceActionCreateBeforeDestroy),
				ConfigStateChecks: []statecheck.StateCheck{
					differ.AddStateValue(tokenAddress, tfjsonpath.New("token")),
					tokenHas("ready_for_renewal", knownvalue.Bool(false)),
					providertest.AfterApply(func() error {
						if got := providertest.TokenNotes(mock)["rotating"]; got != 1 {
							return fmt.Errorf("%d tokens after the renewal, want 1", got)
						}
						return nil
					}),
				},
			},
		},
	})
}

func TestAccHubToken_changesOfRenewalNeedNoNewToken(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	with := func(arguments string) string {
		return providertest.ProviderBlock(mock) + "resource \"pc_hub_token\" \"test\" {\n" + arguments + "\n}"
	}
	same := statecheck.CompareValue(compare.ValuesSame())
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{
				Config: with(`expires_in = "48h"`),
				ConfigStateChecks: []statecheck.StateCheck{
					same.AddStateValue(tokenAddress, tfjsonpath.New("token")),
					tokenHas("note", knownvalue.StringRegexp(regexp.MustCompile(`^Managed by Terraform, [A-Z2-7]{8}$`))),
				},
			},
			{
				Config:            with("expires_in = \"2880m\"\n renew_before = \"1h\""),
				ConfigPlanChecks:  expectTokenAction(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{same.AddStateValue(tokenAddress, tfjsonpath.New("token"))},
			},
			{
				Config:           with(`expires_in = "47h"`),
				ConfigPlanChecks: expectTokenAction(plancheck.ResourceActionDestroyBeforeCreate),
			},
		},
	})
}

// TestAccHubToken_keepsAGeneratedNote also covers a token of an earlier version, whose
// default note had no random part. A note that the configuration no longer sets is
// replaced.
func TestAccHubToken_keepsAGeneratedNote(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	with := func(arguments string) string {
		return providertest.ProviderBlock(mock) + "resource \"pc_hub_token\" \"test\" {\n" + arguments + "\n}"
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{Config: with(`note = "Managed by Terraform"`)},
			{
				Config:            with(""),
				ConfigPlanChecks:  expectTokenAction(plancheck.ResourceActionNoop),
				ConfigStateChecks: []statecheck.StateCheck{tokenHas("note", knownvalue.StringExact("Managed by Terraform"))},
			},
			{
				Config:           with(`note = "ours"`),
				ConfigPlanChecks: expectTokenAction(plancheck.ResourceActionDestroyBeforeCreate),
			},
			{
				Config:            with(""),
				ConfigPlanChecks:  expectTokenAction(plancheck.ResourceActionDestroyBeforeCreate),
				ConfigStateChecks: []statecheck.StateCheck{tokenHas("note", knownvalue.StringRegexp(regexp.MustCompile(`^Managed by Terraform, [A-Z2-7]{8}$`)))},
			},
			{
				Config:           with(""),
				ConfigPlanChecks: expectTokenAction(plancheck.ResourceActionNoop),
			},
		},
	})
}

func TestAccHubToken_isPlannedAnewWhenItIsGone(t *testing.T) {
	t.Parallel()
	for name, isIDReused := range map[string]bool{"revoked": false, "another token has its id": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			config := providertest.ProviderBlock(mock) + `resource "pc_hub_token" "test" { note = "ours" }`
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: providertest.Factories(mock),
				Steps: []resource.TestStep{
					{Config: config},
					{
						PreConfig:        func() { revoke(t, mock, "ours", isIDReused) },
						Config:           config,
						ConfigPlanChecks: expectTokenAction(plancheck.ResourceActionCreate),
					},
					{
						PreConfig: func() { revoke(t, mock, "ours", isIDReused) },
						Config:    config,
						Destroy:   true,
					},
				},
			})
			want := 0
			if isIDReused {
				want = 2
			}
			if got := providertest.TokenNotes(mock)["later"]; got != want {
				t.Errorf("%d of the later tokens are left, want %d", got, want)
			}
		})
	}
}

// revoke revokes the token with the note outside Terraform. If its id is reused, a new
// token gets it, as on Hubs with sqlite.
func revoke(t *testing.T, mock *providertest.Mock, note string, isIDReused bool) {
	t.Helper()
	for _, listed := range mock.Tokens("alice") {
		if listed.Note != note {
			continue
		}
		mock.RevokeToken("alice", listed.ID)
		if !isIDReused {
			return
		}
		if reused := mock.AddToken("alice", "later"); reused != listed.ID {
			t.Fatalf("the next token has the id %s, want the freed %s", reused, listed.ID)
		}
		return
	}
	t.Fatalf("no token with the note %q", note)
}

func TestAccHubToken_rejectsImport(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{{
			Config:        providertest.ProviderBlock(mock) + `resource "pc_hub_token" "test" {}`,
			ResourceName:  tokenAddress,
			ImportState:   true,
			ImportStateId: "a1",
			ExpectError:   regexp.MustCompile("Hub token cannot be imported"),
		}},
	})
}

func TestAccHubToken_rejectsInvalidArguments(t *testing.T) {
	t.Parallel()
	for arguments, want := range map[string]string{
		`expires_in = "soon"`:                         `(?i)duration`,
		`expires_in = "0s"`:                           "whole seconds",
		`expires_in = "1500ms"`:                       "whole seconds",
		`renew_before = "-1h"`:                        "must be positive",
		"expires_in = \"1h\"\n renew_before = \"1h\"": "due for renewal as soon",
		`scopes = ["nope"]`:                           `Scope 'nope' for token does not exist`,
		`scopes = [""]`:                               "A member is empty",
		"scopes = [\"self\"]\n roles = [\"user\"]":    "Conflicting arguments",
		`scopes = []`:                                 "at least one member",
		`user = ""`:                                   "must not be empty",
		`user = "bob"`:                                "User bob not found or no permissions",
		`roles = ["nope"]`:                            "No such role: nope",
	} {
		t.Run(arguments, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			before := len(mock.Tokens("alice"))
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: providertest.Factories(mock),
				Steps: []resource.TestStep{{
					Config:      providertest.ProviderBlock(mock) + "resource \"pc_hub_token\" \"test\" {\n" + arguments + "\n}",
					ExpectError: regexp.MustCompile(want),
				}},
			})
			if after := len(mock.Tokens("alice")); after != before+1 {
				t.Errorf("%d tokens, want the provider's own alone", after)
			}
		})
	}
}
