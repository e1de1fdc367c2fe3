// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const (
	testServer    = "pc_hub_server.test"
	namedPath     = "*/users/alice/servers/gpu"
	namedProgress = namedPath + "/progress"
)

func expectServerAction(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(testServer, action)}}
}

func serverHas(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(testServer, tfjsonpath.New(attribute), value)
}

func TestAccHubServer_startsAndStops(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	config := func(arguments string) string {
		return providertest.ProviderBlock(mock) + "resource \"pc_hub_server\" \"test\" {\n" + arguments + "\n}\n"
	}
	named := func(options, further string) string {
		return config("  name = \"gpu\"\n  user_options = " + options + "\n" + further)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{
				Config:           config(""),
				ConfigPlanChecks: expectServerAction(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{
					serverHas("user", knownvalue.StringExact("alice")), serverHas("name", knownvalue.StringExact("")),
					serverHas("url", knownvalue.StringExact(mock.URL()+"/user/alice/")), serverHas("ready", knownvalue.Bool(true)), serverHas("started_at", providertest.IsTime),
					serverHas("user_options", knownvalue.Null()), serverHas("remove_on_destroy", knownvalue.Bool(false)),
					providertest.ServersAre(mock, `[{Name: Pending: Ready:true Options:map[]}]`),
					providertest.AfterApply(func() error { return providertest.WantBody(mock, "/server", `{"user_options":{}}`) }),
				},
			},
			{
				Config:           named(`{ profile = "small", n = 1 }`, ""),
				ConfigPlanChecks: expectServerAction(plancheck.ResourceActionDestroyBeforeCreate),
				ConfigStateChecks: []statecheck.StateCheck{
					serverHas("url", knownvalue.StringExact(mock.URL()+"/user/alice/gpu/")),
					providertest.ServersAre(mock, `[{Name: Pending: Ready:false Options:map[]} {Name:gpu Pending: Ready:true Options:map[n:1 profile:small]}]`),
					providertest.AfterApply(func() error { return providertest.WantBody(mock, "/servers/gpu", `{"n":1,"profile":"small"}`) }),
				},
			},
			{ResourceName: testServer, ImportState: true, ImportStateId: "alice/gpu", ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "name"},
			// The value is equal, so no request is sent.
			{Config: named(`{ n = 1.0, profile = "small" }`, "remove_on_destroy = true"), ConfigPlanChecks: expectServerAction(plancheck.ResourceActionUpdate)},
			{
				Config:            named(`{ profile = "large" }`, "remove_on_destroy = true"),
				ConfigPlanChecks:  expectServerAction(plancheck.ResourceActionDestroyBeforeCreate),
				ConfigStateChecks: []statecheck.StateCheck{providertest.ServersAre(mock, `[{Name: Pending: Ready:false Options:map[]} {Name:gpu Pending: Ready:true Options:map[profile:large]}]`)},
			},
		},
	})
	if err := providertest.ServersAre(mock, `[{Name: Pending: Ready:false Options:map[]}]`)(); err != nil {
		t.Error(err)
	}
	if got := mock.CountSuccessful(http.MethodPost, "*/users/alice/server*"); got != 3 {
		t.Errorf("servers were started %d times, want 3", got)
	}
}

// TestAccHubServer_isStartedAgain stops the server outside Terraform, and starts it with
// other options.
func TestAccHubServer_isStartedAgain(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	config := providertest.ProviderBlock(mock) + "resource \"pc_hub_server\" \"test\" {\n  name = \"gpu\"\n  user_options = { profile = \"small\" }\n}\n"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{Config: config},
			{
				PreConfig: func() { mock.CullHubServer("alice", "gpu") },
				Config:    config, ConfigPlanChecks: expectServerAction(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{providertest.ServersAre(mock, `[{Name:gpu Pending: Ready:true Options:map[profile:small]}]`)},
			},
			{
				PreConfig: func() {
					mock.CullHubServer("alice", "gpu")
					mock.StartHubServer("alice", "gpu", `{"profile": "huge"}`)
				},
				Config: config, ConfigPlanChecks: expectServerAction(plancheck.ResourceActionDestroyBeforeCreate),
				ConfigStateChecks: []statecheck.StateCheck{providertest.ServersAre(mock, `[{Name:gpu Pending: Ready:true Options:map[profile:small]}]`)},
			},
			{
				PreConfig: func() {
					mock.CullHubServer("alice", "gpu")
					mock.StartHubServer("alice", "gpu", `{"profile": "small"}`)
				},
				Config: config, PlanOnly: true,
			},
		},
	})
}

func TestHubServer_waitsByTheStream(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	created, diagnostics := client.Apply(t.Context(), t, providertest.ServerType, client.None(t), map[string]any{"name": "gpu", "user_options": map[string]any{"profile": "slow"}})
	providertest.AssertNoDiagnostics(t, diagnostics)
	if url := client.Text(t, providertest.ServerType, created.State, "url"); url != mock.URL()+"/user/alice/gpu/" {
		t.Errorf("the server is at %q", url)
	}
	if streams, lookups := mock.CountSuccessful(http.MethodGet, namedProgress), mock.CountSuccessful(http.MethodGet, "*/users/alice"); streams != 1 || lookups != 2 {
		t.Errorf("%d streams and %d lookups:\n%s", streams, lookups, providertest.Journal(mock))
	}
}

// TestHubServer_reportsWhyItDidNotStart also checks that the state has no server, because
// none runs.
func TestHubServer_reportsWhyItDidNotStart(t *testing.T) {
	t.Parallel()
	for profile, wantDetails := range map[string][]string{
		"broken":  {"The server gpu of alice did not start", "no node has room for it", "user_options"},
		"late":    {"The server gpu of alice did not start", "no node came up", "While it was starting, the Hub reported:\n  - Server requested\n  - Looking for a node\n  - Spawning server..."},
		"refused": {"The server gpu of alice was not started", "quota reached", "from the Hub's spawner, or from the hook before it"},
	} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
			created, diagnostics := client.Apply(t.Context(), t, providertest.ServerType, client.None(t), map[string]any{"name": "gpu", "user_options": map[string]any{"profile": profile}})
			for _, part := range wantDetails {
				providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", part))
			}
			if state, err := created.State.Unmarshal(client.ResourceType(providertest.ServerType)); err != nil || !state.IsNull() {
				t.Errorf("the state has %v, %v", state, err)
			}
			if got := mock.CountRequests(http.MethodPost, namedPath); got != 1 {
				t.Errorf("the server was started %d times", got)
			}
		})
	}
}

// TestHubServer_explainsTheLimitOfServers exceeds the Hub's limit. Stopped servers count
// towards it, although the Hub does not list them among the running ones.
func TestHubServer_explainsTheLimitOfServers(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	mock.FailNext(mockserver.Fault{
		Method: http.MethodPost, Path: namedPath, Status: http.StatusBadRequest, ContentType: "application/json",
		Body: `{"status": 400, "message": "User alice already has the maximum of 1 named servers. One must be deleted before a new server can be created"}`,
	})
	_, diagnostics := client.Apply(t.Context(), t, providertest.ServerType, client.None(t), map[string]any{"name": "gpu"})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "remove_on_destroy = true"))
}

func TestHubServer_isNotAdoptedWithoutImport(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	mock.StartHubServer("alice", "gpu", `{"profile": "theirs"}`)
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	_, diagnostics := client.Apply(t.Context(), t, providertest.ServerType, client.None(t), map[string]any{"name": "gpu"})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("name")`, "terraform import ADDRESS_OF_THIS_RESOURCE alice/gpu"))
	if got := mock.CountRequests(http.MethodPost, namedPath); got != 0 {
		t.Errorf("the server was started %d times", got)
	}
}

// TestHubServer_staysInTheStateWhileItStarts times out, and then destroys the server, which
// cancels the start.
func TestHubServer_staysInTheStateWhileItStarts(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	created, diagnostics := client.Apply(t.Context(), t, providertest.ServerType, client.None(t), map[string]any{
		"name": "gpu", "user_options": map[string]any{"profile": "stuck"}, "timeouts": map[string]any{"create": "2s"},
	})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("timeouts")`, `The last message of the Hub is: "Spawning server...".`))
	if got := client.Text(t, providertest.ServerType, created.State, "name"); got != "gpu" {
		t.Fatalf("the state has %q", got)
	}
	if err := providertest.ServersAre(mock, `[{Name:gpu Pending:spawn Ready:false Options:map[profile:stuck]}]`)(); err != nil {
		t.Error(err)
	}
	_, diagnostics = client.Apply(t.Context(), t, providertest.ServerType, created, nil)
	providertest.AssertNoDiagnostics(t, diagnostics)
	if err := providertest.ServersAre(mock, `[{Name:gpu Pending: Ready:false Options:map[profile:stuck]}]`)(); err != nil {
		t.Error(err)
	}
}

func TestHubServer_validatesArguments(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	for path, config := range map[string]map[string]any{
		"user":         {"user": "a/b"},
		"name":         {"name": ".."},
		"user_options": {"user_options": "large"},
	} {
		providertest.AssertDiagnostics(t, client.Validate(t, providertest.ServerType, config), providertest.ErrorAt(fmt.Sprintf("AttributeName(%q)", path), ""))
	}
	providertest.AssertDiagnostics(t, client.Validate(t, providertest.ServerType, map[string]any{"timeouts": map[string]any{"create": "0s"}}), providertest.ErrorAt(`AttributeName("timeouts").ElementKeyString("create")`, "0s"))
	providertest.AssertNoDiagnostics(t, client.Validate(t, providertest.ServerType, map[string]any{"user": "alice", "name": "gpu", "user_options": map[string]any{"profile": providertest.Unknown{}}}))
	providertest.AssertNoDiagnostics(t, client.Validate(t, providertest.ServerType, map[string]any{"user_options": providertest.Unknown{}}))
	if got := len(mock.Requests()); got != 0 {
		t.Errorf("%d requests were made", got)
	}
}

func TestAccHubServer_importsByName(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	mock.StartHubServer("alice", "", `{"profile": "small"}`)
	config := providertest.ProviderBlock(mock) + "resource \"pc_hub_server\" \"test\" {\n  user_options = { profile = \"small\" }\n}\n"
	refused := func(id, wantDetails string) resource.TestStep {
		return resource.TestStep{Config: config, ResourceName: testServer, ImportState: true, ImportStateId: id, ExpectError: regexp.MustCompile(wantDetails)}
	}
	steps := []resource.TestStep{
		refused("/", "is not the ID of a server"), refused("alice/a/b", "is not the ID of a server"), refused("../x", "is not the ID of a server"),
		refused("alice/none", "(?s)Cannot import non-existent"), refused("nobody-here", "could not be read"),
	}
	for _, id := range []string{"alice", "alice/"} {
		steps = append(steps, resource.TestStep{Config: config, ResourceName: testServer, ImportState: true, ImportStateId: id, ImportStatePersist: id == "alice/"})
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps:                    append(steps, resource.TestStep{Config: config, PlanOnly: true}),
	})
	if got := mock.CountRequests(http.MethodPost, "*/server*"); got != 0 {
		t.Errorf("servers were started %d times", got)
	}
}

// TestHubServer_sendsTheConfiguredOptionsToEachHub starts servers with and without options.
func TestHubServer_sendsTheConfiguredOptionsToEachHub(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1", "2", "3", "4", "5", "6"} {
		for name, test := range map[string]struct {
			options map[string]any
			has     string
		}{
			"a profile": {map[string]any{"profile": "slow"}, "map[profile:slow]"},
			"none":      {nil, "map[]"},
		} {
			t.Run(version+" "+name, func(t *testing.T) {
				t.Parallel()
				mock := providertest.StartMock(t, mockserver.Config{HubVersion: version})
				client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
				config := map[string]any{"name": "gpu"}
				if test.options != nil {
					config["user_options"] = test.options
				}
				created, diagnostics := client.Apply(t.Context(), t, providertest.ServerType, client.None(t), config)
				providertest.AssertNoDiagnostics(t, diagnostics)
				if servers := mock.HubServers("alice"); len(servers) != 1 || !strings.HasPrefix(fmt.Sprint(servers[0].Options), test.has) {
					t.Errorf("the Hub has %+v", servers)
				}
				if planned := client.Plan(t, providertest.ServerType, created, config); len(planned.RequiresReplace) != 0 {
					t.Errorf("a replacement is planned because of %v", planned.RequiresReplace)
				}
				_, diagnostics = client.Apply(t.Context(), t, providertest.ServerType, created, nil)
				providertest.AssertNoDiagnostics(t, diagnostics)
				if mock.HubServers("alice")[0].Ready {
					t.Error("the server is still running")
				}
			})
		}
	}
}

// TestHubServer_isStoppedWhileItStarts uses Hubs that interrupt a start, which may never
// end, and Hubs before 5, which reject the stop until the start has ended.
func TestHubServer_isStoppedWhileItStarts(t *testing.T) {
	t.Parallel()
	for version, profile := range map[string]string{"1": "slow", "2": "slow", "3": "slow", "4": "slow", "5": "stuck", "6": "stuck"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{HubVersion: version, StartDelay: 100 * time.Millisecond})
			client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
			created, diagnostics := client.Apply(t.Context(), t, providertest.ServerType, client.None(t), map[string]any{"name": "gpu"})
			providertest.AssertNoDiagnostics(t, diagnostics)
			mock.CullHubServer("alice", "gpu")
			mock.StartHubServer("alice", "gpu", `{"profile": "`+profile+`"}`)
			_, diagnostics = client.Apply(t.Context(), t, providertest.ServerType, created, nil)
			providertest.AssertNoDiagnostics(t, diagnostics)
			if left := mock.HubServers("alice")[0]; left.Ready || left.Pending != "" {
				t.Errorf("the server is still active: %+v\n%s", left, providertest.Journal(mock))
			}
		})
	}
}
