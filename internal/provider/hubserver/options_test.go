// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver_test

import (
	"math/big"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// TestAccHubServer_hasOptionsOfTheHubs expects no drift from options that the Hub's hook
// adds, and drift from other options with which another client starts the server.
func TestAccHubServer_hasOptionsOfTheHubs(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	config := func(profile string) string {
		return providertest.ProviderBlock(mock) + "resource \"pc_hub_server\" \"test\" {\n  name = \"gpu\"\n  user_options = { profile = \"" + profile + "\" }\n}\n"
	}
	restart := func(options string) func() {
		return func() {
			mock.CullHubServer("alice", "gpu")
			mock.StartHubServer("alice", "gpu", options)
		}
	}
	asWritten := serverHas("user_options", knownvalue.ObjectExact(map[string]knownvalue.Check{"profile": knownvalue.StringExact("hooked")}))
	const running = `[{Name:gpu Pending: Ready:true Options:map[node:n1 profile:hooked]}]`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{Config: config("hooked"), ConfigStateChecks: []statecheck.StateCheck{asWritten, providertest.ServersAre(mock, running)}},
			{Config: config("hooked"), PlanOnly: true},
			// Another client starts it with the same options.
			{PreConfig: restart(`{"profile": "hooked"}`), Config: config("hooked"), PlanOnly: true},
			{
				PreConfig: restart(`{"profile": "hooked", "n": 1}`), Config: config("hooked"), ConfigPlanChecks: expectServerAction(plancheck.ResourceActionDestroyBeforeCreate),
				ConfigStateChecks: []statecheck.StateCheck{asWritten, providertest.ServersAre(mock, running)},
			},
			{Config: config("small"), ConfigPlanChecks: expectServerAction(plancheck.ResourceActionDestroyBeforeCreate)},
			// The stored options of the earlier start have no effect any more.
			{PreConfig: restart(`{"profile": "hooked"}`), Config: config("small"), ConfigPlanChecks: expectServerAction(plancheck.ResourceActionDestroyBeforeCreate)},
		},
	})
	if got := mock.CountSuccessful(http.MethodPost, namedPath); got != 4 {
		t.Errorf("the server was started %d times, want 4", got)
	}
}

// TestHubServer_hasOptionsOfTheHubsWhenTheWaitFailed fails the wait for the server. The Hub's
// hook may change the options until the server is ready, so earlier responses prove nothing.
func TestHubServer_hasOptionsOfTheHubsWhenTheWaitFailed(t *testing.T) {
	t.Parallel()
	for profile, later := range map[string]string{
		"hooked": "", "stuck": `{"profile": "hooked", "late": true}`,
	} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
			refused := mockserver.Fault{Method: http.MethodGet, Path: namedProgress, Status: http.StatusForbidden}
			refused.BeforeRequest = func() {
				mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/users/alice", Status: http.StatusForbidden})
			}
			mock.FailNext(refused)
			config := map[string]any{"name": "gpu", "user_options": map[string]any{"profile": profile}}
			starting, diagnostics := client.Apply(t.Context(), t, providertest.ServerType, client.None(t), config)
			providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "It is not known whether the server gpu of alice is ready"))
			restart := func(options string) {
				mock.CullHubServer("alice", "gpu")
				mock.StartHubServer("alice", "gpu", options)
			}
			readAndPlan := func(before providertest.Instance, isReplaced bool) providertest.Instance {
				t.Helper()
				read, diagnostics := client.Read(t, providertest.ServerType, before)
				providertest.AssertNoDiagnostics(t, diagnostics)
				if planned := client.Plan(t, providertest.ServerType, read, config); (len(planned.RequiresReplace) != 0) != isReplaced {
					t.Errorf("a replacement is planned because of %v", planned.RequiresReplace)
				}
				return read
			}
			starting = readAndPlan(starting, false)
			if later != "" {
				restart(later)
			}
			ready := readAndPlan(readAndPlan(starting, false), false)
			restart(`{"profile": "small"}`)
			readAndPlan(ready, true)
		})
	}
}

// TestHubServer_rejectsNumbersThatServersChange validates numbers that would return
// from the Hub with another value, and would then replace the server.
func TestHubServer_rejectsNumbersThatServersChange(t *testing.T) {
	t.Parallel()
	client := providertest.NewClient(t, providertest.Block(providertest.StartMock(t, mockserver.Config{})))
	outOfRange, _, _ := big.ParseFloat("1e400", 10, 512, big.ToNearestEven)
	for name, test := range map[string]struct {
		memory any
		want   providertest.ExpectedDiagnostic
	}{
		"a fraction":      {1.5, providertest.ExpectedDiagnostic{}},
		"too many digits": {16e9 / (1 << 30), providertest.ErrorAt(`AttributeName("user_options").ElementKeyString("limits").ElementKeyString("memory")`, "Round it")},
		"out of range":    {outOfRange, providertest.ErrorAt(`AttributeName("user_options").ElementKeyString("limits").ElementKeyString("memory")`, "Number out of range")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := map[string]any{"user_options": map[string]any{"limits": map[string]any{"memory": test.memory}}}
			providertest.AssertDiagnostics(t, client.Validate(t, providertest.ServerType, config), test.want)
		})
	}
}
