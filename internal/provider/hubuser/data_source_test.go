// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubuser_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// userHas asserts an attribute of the data source pc_hub_user.
func userHas(attribute string, want knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("data.pc_hub_user.test", tfjsonpath.New(attribute), want)
}

func texts(values ...string) knownvalue.Check {
	checks := make([]knownvalue.Check, 0, len(values))
	for _, value := range values {
		checks = append(checks, knownvalue.StringExact(value))
	}
	return knownvalue.SetExact(checks)
}

func TestAccHubUser_ofTheToken(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	source := "data \"pc_hub_user\" \"test\" {}\n"
	service := mock.NewServiceToken("pipeline", "admin:users")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{
				Config: providertest.ProviderBlock(mock) + source,
				ConfigStateChecks: []statecheck.StateCheck{
					userHas("name", knownvalue.StringExact("alice")),
					userHas("kind", knownvalue.StringExact("user")),
					userHas("admin", knownvalue.Bool(false)),
					userHas("groups", texts()),
					userHas("roles", texts("user")),
					userHas("scopes", knownvalue.SetPartial([]knownvalue.Check{
						knownvalue.StringExact("access:services!service=dask-gateway"), knownvalue.StringExact("tokens!user=alice"),
					})),
					userHas("created_at", providertest.IsTime),
					userHas("servers", knownvalue.MapExact(nil)),
				},
			},
			{
				// Attributes that the token has no access to are null.
				Config: providertest.ProviderBlockAs(mock, mock.NewToken("alice", "access:services!service=dask-gateway")) + source,
				ConfigStateChecks: []statecheck.StateCheck{
					userHas("name", knownvalue.StringExact("alice")),
					userHas("groups", texts()),
					userHas("roles", knownvalue.Null()),
					userHas("created_at", knownvalue.Null()),
					userHas("servers", knownvalue.Null()),
				},
			},
			{
				Config: providertest.ProviderBlockAs(mock, service) + source,
				ConfigStateChecks: []statecheck.StateCheck{
					userHas("name", knownvalue.StringExact("pipeline")),
					userHas("kind", knownvalue.StringExact("service")),
					userHas("groups", knownvalue.Null()),
				},
			},
			{
				Config:      "provider \"pc\" {\n  address = \"http://127.0.0.1:1/\"\n  api_token = \"x\"\n}\n" + source,
				ExpectError: regexp.MustCompile("The address of the JupyterHub is missing"),
			},
		},
	})
}

func TestAccHubUser_ofAnotherUser(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	mock.NewToken("bob")
	config := func(block, name string) string {
		return block + "data \"pc_hub_user\" \"test\" {\n  name = \"" + name + "\"\n}\n"
	}
	admin := providertest.ProviderBlockAs(mock, mock.NewToken("admin"))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{Config: config(admin, "bob/tokens"), ExpectError: regexp.MustCompile("is not the name of a user")},
			{Config: config(admin, ""), ExpectError: regexp.MustCompile("is not the name of a user")},
			{Config: config(admin, "nobody"), ExpectError: regexp.MustCompile(`(?s)The Hub returned no user nobody.*read:users!user=nobody`)},
			{Config: config(providertest.ProviderBlock(mock), "bob"), ExpectError: regexp.MustCompile(`(?s)The Hub returned no user bob.*No\s+access`)},
			{
				Config: config(admin, "bob"),
				ConfigStateChecks: []statecheck.StateCheck{
					userHas("name", knownvalue.StringExact("bob")),
					userHas("admin", knownvalue.Bool(false)),
					userHas("roles", texts("user")),
					userHas("scopes", knownvalue.Null()),
					userHas("servers", knownvalue.MapExact(nil)),
					providertest.Requested(mock, http.MethodGet, "*/hub/api/user", 0),
				},
			},
		},
	})
}

// TestHubUser_readsServers uses shortened responses of the real JupyterHub 6.1.1.
func TestHubUser_readsServers(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{HubPrefix: "/x"})
	mock.FailNext(providertest.RespondAlways("*/hub/api/user", http.StatusOK, `{"name": "alice", "kind": "user", "admin": true, "groups": ["b", "a"], "servers": {
		"": {"name": "", "started": "2026-11-23T20:37:53.785356Z", "pending": null, "ready": true, "url": "/x/user/alice/", "full_url": null, "user_options": {"profile": "x", "n": 1.50}},
		"two": {"name": "two", "started": null, "pending": "spawn", "ready": false, "url": "/x/user/alice/two/", "full_url": "https://hub.example.com/x/user/alice/two/"}}}`))
	state, diagnostics := providertest.NewClient(t, map[string]any{
		"hub_address": mock.HubURL(), "api_token": mock.NewToken("alice"),
	}).ReadData(t, "pc_hub_user", map[string]any{})
	providertest.AssertNoDiagnostics(t, diagnostics)
	var servers map[string]tftypes.Value
	if err := state["servers"].As(&servers); err != nil {
		t.Fatal(err)
	}
	text := func(value any) tftypes.Value { return tftypes.NewValue(tftypes.String, value) }
	for name, want := range map[string]map[string]tftypes.Value{
		"": {
			"ready": tftypes.NewValue(tftypes.Bool, true), "pending": text(nil), "url": text(mock.URL() + "/x/user/alice/"),
			"started_at": text("2026-11-23T20:37:53Z"), "user_options": text(`{"n":1.50,"profile":"x"}`),
		},
		"two": {
			"ready": tftypes.NewValue(tftypes.Bool, false), "pending": text("spawn"), "url": text("https://hub.example.com/x/user/alice/two/"),
			"started_at": text(nil), "user_options": text("null"),
		},
	} {
		var server map[string]tftypes.Value
		if err := servers[name].As(&server); err != nil {
			t.Fatal(err)
		}
		for attribute, value := range want {
			if !server[attribute].Equal(value) {
				t.Errorf("%s of %q is %s, want %s", attribute, name, server[attribute], value)
			}
		}
	}
	if want := tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, []tftypes.Value{text("a"), text("b")}); !state["groups"].Equal(want) {
		t.Errorf("groups are %s", state["groups"])
	}
	if !state["scopes"].IsNull() || !state["roles"].IsNull() {
		t.Errorf("scopes %s, roles %s, which the Hub did not report", state["scopes"], state["roles"])
	}
}
