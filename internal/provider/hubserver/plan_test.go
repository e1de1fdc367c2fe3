// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// TestAccHubServer_plansUnknownOptionsAsReplacement gives options that are known
// only during the apply to a server that has none, or the same ones.
func TestAccHubServer_plansUnknownOptionsAsReplacement(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{
		"a server without options":        "",
		"a server with the same options":  `user_options = { profile = "large" }`,
		"a server with different options": `user_options = { profile = "small" }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			config := func(options, input string) string {
				return providertest.ProviderBlock(mock) + `
resource "terraform_data" "profile" { input = "` + input + `" }
resource "pc_hub_server" "test" {
  name = "gpu"
  ` + options + `
}
`
			}
			workspace := providertest.NewWorkspace(t, mock.Clock, config(before, "small"))
			workspace.Apply()
			workspace.Write("main.tf", config(`user_options = { profile = terraform_data.profile.output }`, "large"))
			if plan := workspace.Must("plan", "-no-color", "-out=saved.plan"); !strings.Contains(plan.Output, "1 to add, 1 to change, 1 to destroy") {
				t.Fatalf("no replacement is planned:\n%s", plan.Output)
			}
			workspace.Must("apply", "-no-color", "saved.plan")
			if err := providertest.ServersAre(mock, `[{Name:gpu Pending: Ready:true Options:map[profile:large]}]`)(); err != nil {
				t.Error(err)
			}
			workspace.Must("plan", "-no-color", "-detailed-exitcode")
			workspace.Must("destroy", "-no-color", "-auto-approve")
		})
	}
}

// TestAccHubServer_importsWhileTheAddressIsUnknown imports a running server with a
// provider whose hub_address is known only during the apply.
func TestAccHubServer_importsWhileTheAddressIsUnknown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		runsWith, applyOutput string
		code                  int
		next                  string
	}{
		"the server has the configured options": {runsWith: `{"profile": "large"}`, applyOutput: "1 imported, 1 added, 1 changed, 0 destroyed", next: ""},
		"the server has other options":          {runsWith: `{"profile": "small"}`, applyOutput: "The imported server runs with other options", code: 1, next: "delete,create"},
		"there is no server":                    {applyOutput: "The imported server gpu of alice does not run", code: 1, next: "create"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMockInRealTime(t, mockserver.Config{})
			if test.runsWith != "" {
				mock.StartHubServer("alice", "gpu", test.runsWith)
			}
			workspace := terraform.New(t)
			config := fmt.Sprintf(`
resource "terraform_data" "hub" {
  input = %q
}
provider "pc" {
  hub_address = terraform_data.hub.output
  api_token   = %q
}
resource "pc_hub_server" "test" {
  name         = "gpu"
  user_options = { profile = "large" }
}
`, mock.HubURL(), mock.NewToken("alice"))
			workspace.Write("main.tf", config+"import {\n  to = pc_hub_server.test\n  id = \"alice/gpu\"\n}\n")
			planned := workspace.Must("plan", "-no-color", "-out=saved.plan")
			if !strings.Contains(planned.Flat(), "Could not compare the imported server gpu of alice") || !strings.Contains(planned.Output, "1 to import, 1 to add, 1 to change, 0 to destroy") {
				t.Errorf("the plan replaces the server or does not warn:\n%s", planned.Output)
			}
			applied := workspace.Run("apply", "-no-color", "saved.plan")
			if applied.Code != test.code || !strings.Contains(applied.Flat(), test.applyOutput) {
				t.Errorf("the apply ended with %d, without %q:\n%s", applied.Code, test.applyOutput, applied.Output)
			}
			workspace.Write("main.tf", config)
			if actions := workspace.Actions(); actions["pc_hub_server.test"] != test.next {
				t.Errorf("the next plan has %v", actions)
			}
			workspace.Destroy()
		})
	}
}

// TestAccHubServer_generatedConfigurationChangesNothing imports servers with options of
// every kind that JSON has.
func TestAccHubServer_generatedConfigurationChangesNothing(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	mock.StartHubServer("alice", "gpu", `{"profile": "large", "cores": 2.5, "limits": {"memory": null, "list": [1, null, "a", {}], "text": "${x}"}, "none": null}`)
	mock.StartHubServer("alice", "plain", `{}`)
	workspace := terraform.New(t)
	workspace.Write("main.tf", providertest.ProviderBlock(mock)+`
import {
  to = pc_hub_server.test
  id = "alice/gpu"
}
import {
  to = pc_hub_server.plain
  id = "alice/plain"
}
`)
	workspace.Must("plan", "-no-color", "-generate-config-out=generated.tf")
	if applied := workspace.Apply(); !strings.Contains(applied.Output, "2 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("the apply changed something:\n%s", applied.Output)
	}
	if actions := workspace.Actions(); len(actions) != 0 {
		t.Errorf("the next plan has %v", actions)
	}
	workspace.Destroy()
}

// TestAccHubServer_rejectsNumbersThatCannotBeStored plans a fraction with more digits
// than a float.
func TestAccHubServer_rejectsNumbersThatCannotBeStored(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	config := func(memory string) string {
		return providertest.ProviderBlock(mock) + "resource \"pc_hub_server\" \"test\" {\n  user_options = { memory = " + memory + " }\n}\n"
	}
	workspace := providertest.NewWorkspace(t, mock.Clock, config("16000000000 / pow(1024, 3)"))
	if plan := workspace.Run("plan", "-no-color"); plan.Code != 1 || !strings.Contains(plan.Flat(), "Number has too many digits") {
		t.Errorf("the plan ended with %d:\n%s", plan.Code, plan.Output)
	}
	workspace.Write("main.tf", config("10 / 3"))
	workspace.Apply()
	workspace.Must("plan", "-no-color", "-detailed-exitcode")
	workspace.Must("destroy", "-no-color", "-auto-approve")
}

// TestAccHubServer_namesCreateBeforeDestroy changes the options of a server that
// cannot be created before the old one is stopped.
func TestAccHubServer_namesCreateBeforeDestroy(t *testing.T) {
	t.Parallel()
	const before = "  lifecycle {\n    create_before_destroy = true\n  }\n"
	for name, test := range map[string]struct{ lifecycle, dependant string }{
		"its own": {lifecycle: before},
		"that of a resource that depends on it": {
			dependant: "resource \"terraform_data\" \"dependant\" {\n  input = pc_hub_server.test.name\n" + before + "}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			config := func(profile, lifecycle, dependant string) string {
				return providertest.ProviderBlock(mock) + "resource \"pc_hub_server\" \"test\" {\n  name         = \"gpu\"\n  user_options = { profile = \"" + profile + "\" }\n" + lifecycle + "}\n" + dependant
			}
			workspace := providertest.NewWorkspace(t, mock.Clock, config("small", test.lifecycle, test.dependant))
			workspace.Apply()
			workspace.Write("main.tf", config("large", test.lifecycle, test.dependant))
			applied := workspace.Run("apply", "-no-color", "-auto-approve")
			for _, says := range []string{"the resource has create_before_destroy: its own, or that of a resource that depends on it. Remove both.", "The plan cannot report it"} {
				if applied.Code != 1 || !strings.Contains(applied.Flat(), says) {
					t.Errorf("the apply ended with %d, without %q:\n%s", applied.Code, says, applied.Output)
				}
			}
			if err := providertest.ServersAre(mock, `[{Name:gpu Pending: Ready:true Options:map[profile:small]}]`)(); err != nil {
				t.Error(err)
			}
			workspace.Write("main.tf", config("large", "", strings.Replace(test.dependant, before, "", 1)))
			workspace.Apply()
			if err := providertest.ServersAre(mock, `[{Name:gpu Pending: Ready:true Options:map[profile:large]}]`)(); err != nil {
				t.Error(err)
			}
			workspace.Must("destroy", "-no-color", "-auto-approve")
		})
	}
}

// TestAccHubServer_replacesAnEndedServerBeforeItsDestroy: with create_before_destroy, the
// destroy of the old server comes when the new one runs under its name.
func TestAccHubServer_replacesAnEndedServerBeforeItsDestroy(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	workspace := terraform.New(t)
	workspace.Write("main.tf", providertest.ProviderBlock(mock)+`
resource "pc_hub_server" "test" {
  name              = "gpu"
  remove_on_destroy = true
  when_ended        = "keep"
  lifecycle {
    create_before_destroy = true
  }
}
`)
	workspace.Apply()
	mock.CullHubServer("alice", "gpu")
	if applied := workspace.Must("apply", "-no-color", "-auto-approve", "-replace=pc_hub_server.test"); !strings.Contains(applied.Output, "1 added, 0 changed, 1 destroyed") {
		t.Errorf("the server was not replaced:\n%s", applied.Output)
	}
	if err := providertest.ServersAre(mock, `[{Name:gpu Pending: Ready:true Options:map[]}]`)(); err != nil {
		t.Error(err)
	}
	workspace.Must("plan", "-no-color", "-detailed-exitcode")
	workspace.Destroy()
	if err := providertest.ServersAre(mock, `[]`)(); err != nil {
		t.Error(err)
	}
}

// TestAccHubServer_rejectsASecondResourceOfOneName starts both at the same time.
func TestAccHubServer_rejectsASecondResourceOfOneName(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	workspace := providertest.NewWorkspace(t, mock.Clock, providertest.ProviderBlock(mock)+`
resource "pc_hub_server" "test" {
  count        = 2
  name         = "gpu"
  user_options = { n = count.index }
}
`)
	applied := workspace.Run("apply", "-no-color", "-auto-approve")
	if applied.Code != 1 || !strings.Contains(applied.Flat(), "This apply started it for another resource of the configuration, with the same user and name") {
		t.Errorf("the apply ended with %d:\n%s", applied.Code, applied.Output)
	}
	if servers := len(workspace.Instances()); servers != 1 {
		t.Errorf("the state has %d servers, want 1", servers)
	}
	workspace.Must("destroy", "-no-color", "-auto-approve")
}

// TestAccHubServer_keepsAServerThatHasEnded lets the Hub stop an idle server.
func TestAccHubServer_keepsAServerThatHasEnded(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	config := func(whenEnded string) string {
		return providertest.ProviderBlock(mock) + "resource \"pc_hub_server\" \"test\" {\n  name       = \"gpu\"\n  when_ended = " + whenEnded + "\n}\n"
	}
	const stopped, running = `[{Name:gpu Pending: Ready:false Options:map[]}]`, `[{Name:gpu Pending: Ready:true Options:map[]}]`
	workspace := providertest.NewWorkspace(t, mock.Clock, config(`"keep"`))
	workspace.Apply()
	mock.CullHubServer("alice", "gpu")
	// Without a refresh nobody notices the end.
	workspace.Must("plan", "-no-color", "-refresh=false", "-detailed-exitcode")
	for range 2 {
		if plan := workspace.Must("plan", "-no-color", "-detailed-exitcode"); !strings.Contains(plan.Flat(), "terraform apply -replace=ADDRESS_OF_THIS_RESOURCE") {
			t.Errorf("no warning says how to start the server again:\n%s", plan.Output)
		}
		workspace.Apply()
	}
	workspace.Must("plan", "-no-color", "-refresh=false", "-detailed-exitcode")
	if err := providertest.ServersAre(mock, stopped)(); err != nil {
		t.Error(err)
	}
	workspace.Must("apply", "-no-color", "-auto-approve", "-replace=pc_hub_server.test")
	if err := providertest.ServersAre(mock, running)(); err != nil {
		t.Error(err)
	}
	mock.CullHubServer("alice", "gpu")
	workspace.Apply()
	workspace.Write("main.tf", config(`"recreate"`))
	if plan := workspace.Must("plan", "-no-color", "-out=saved.plan"); !strings.Contains(plan.Output, "1 to add, 0 to change, 1 to destroy") {
		t.Fatalf("no replacement is planned:\n%s", plan.Output)
	}
	workspace.Must("apply", "-no-color", "saved.plan")
	if err := providertest.ServersAre(mock, running)(); err != nil {
		t.Error(err)
	}
	workspace.Write("main.tf", config(`"keep"`))
	workspace.Apply()
	mock.CullHubServer("alice", "gpu")
	workspace.Must("destroy", "-no-color", "-auto-approve")
}
