// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/planetary-computer/terraform-provider-pc/internal/mockserver"
)

// TestAccHubServer_hasOptionsOfTheHubs: what the Hub's hook adds to the options is
// no drift, and what somebody else starts the server with is.
func TestAccHubServer_hasOptionsOfTheHubs(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	config := func(profile string) string {
		return providerBlock(mock) + "resource \"pc_hub_server\" \"test\" {\n  name = \"gpu\"\n  user_options = { profile = \"" + profile + "\" }\n}\n"
	}
	restart := func(options string) func() {
		return func() {
			mock.CullServer("alice", "gpu")
			mock.StartServer("alice", "gpu", options)
		}
	}
	asWritten := serverHas("user_options", knownvalue.ObjectExact(map[string]knownvalue.Check{"profile": knownvalue.StringExact("hooked")}))
	const running = `[{Name:gpu Pending: Ready:true Options:map[node:n1 profile:hooked]}]`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(mock),
		Steps: []resource.TestStep{
			{Config: config("hooked"), ConfigStateChecks: []statecheck.StateCheck{asWritten, serverIs(mock, running)}},
			{Config: config("hooked"), PlanOnly: true},
			// The same options again, by somebody else.
			{PreConfig: restart(`{"profile": "hooked"}`), Config: config("hooked"), PlanOnly: true},
			{
				PreConfig: restart(`{"profile": "hooked", "n": 1}`), Config: config("hooked"), ConfigPlanChecks: serverDoes(plancheck.ResourceActionDestroyBeforeCreate),
				ConfigStateChecks: []statecheck.StateCheck{asWritten, serverIs(mock, running)},
			},
			{Config: config("small"), ConfigPlanChecks: serverDoes(plancheck.ResourceActionDestroyBeforeCreate)},
			// What was kept of the start before this one counts no more.
			{PreConfig: restart(`{"profile": "hooked"}`), Config: config("small"), ConfigPlanChecks: serverDoes(plancheck.ResourceActionDestroyBeforeCreate)},
		},
	})
	if got := mock.CountTaken(http.MethodPost, namedPath); got != 4 {
		t.Errorf("the server was started %d times, want 4", got)
	}
}
