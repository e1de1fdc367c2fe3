// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// blockAs returns a provider block with the token of a user.
func blockAs(mock *providertest.Mock, user string) map[string]any {
	return map[string]any{"address": mock.GatewayURL(), "api_token": mock.NewToken(user)}
}

func listedServers(t *testing.T, results []providertest.Listed) []string {
	t.Helper()
	servers := []string{}
	for _, result := range results {
		providertest.AssertNoDiagnostics(t, result.Diagnostics)
		servers = append(servers, result.Text(t, "user")+"/"+result.Text(t, "name"))
	}
	return servers
}

func startServers(mock *providertest.Mock) {
	for _, server := range []struct{ user, name string }{{"bob", ""}, {"alice", "gpu"}, {"alice", ""}, {"alice", "old"}} {
		mock.StartHubServer(server.user, server.name, `{"profile": "small"}`)
	}
	mock.CullHubServer("alice", "old")
	mock.NewToken("carol")
}

func TestListServers_listsTheServersOfAUserOrOfAll(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		user   string
		config map[string]any
		want   []string
	}{
		"own servers by default":        {"alice", nil, []string{"alice/", "alice/gpu"}},
		"another user's":                {"admin", map[string]any{"user": "bob"}, []string{"bob/"}},
		"of all users":                  {"admin", map[string]any{"all_users": true}, []string{"alice/", "alice/gpu", "bob/"}},
		"a user without servers":        {"admin", nil, nil},
		"all_users false with the user": {"admin", map[string]any{"all_users": false, "user": "bob"}, []string{"bob/"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			startServers(mock)
			client := providertest.NewClientWith(t, mock.Clock, blockAs(mock, test.user))
			results := client.List(t.Context(), t, providertest.ServerType, providertest.ListQuery{Config: test.config, IncludeResource: true})
			if got := listedServers(t, results); !slices.Equal(got, test.want) {
				t.Errorf("listed %q, want %q", got, test.want)
			}
			for _, result := range results {
				if !strings.Contains(result.DisplayName, result.Text(t, "user")) || !strings.Contains(fmt.Sprint(result.Resource["user_options"]), "small") {
					t.Errorf("result %q has the options %s", result.DisplayName, result.Resource["user_options"])
				}
			}
		})
	}
}

func TestListServers_readsAllPagesOfUsers(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	for i := range 450 {
		mock.StartHubServer(fmt.Sprintf("user%03d", i), "", "{}")
	}
	client := providertest.NewClientWith(t, mock.Clock, blockAs(mock, "admin"))
	query := providertest.ListQuery{Config: map[string]any{"all_users": true}, Limit: 1000}
	if got := len(client.List(t.Context(), t, providertest.ServerType, query)); got != 450 {
		t.Errorf("listed %d servers, want 450", got)
	}
	if got := mock.CountRequests(http.MethodGet, "*/hub/api/users"); got != 3 {
		t.Errorf("450 users needed %d requests, want 3", got)
	}
	query.Limit = 449
	results := client.List(t.Context(), t, providertest.ServerType, query)
	providertest.AssertDiagnostics(t, results[len(results)-1].Diagnostics, providertest.WarningAt("", "the first 449 of 450"))
}

func TestListServers_failureIsAnErrorAndNoList(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		user    string
		config  map[string]any
		prepare func(*providertest.Mock, map[string]any)
		want    providertest.ExpectedDiagnostic
	}{
		"refused token":   {"alice", nil, func(_ *providertest.Mock, block map[string]any) { block["api_token"] = "wrong" }, providertest.ErrorAt("", "The servers were not listed")},
		"Hub unreachable": {"alice", nil, func(mock *providertest.Mock, _ map[string]any) { mock.Close() }, providertest.ErrorAt("", "The servers were not listed")},
		"no permission":   {"alice", map[string]any{"all_users": true}, nil, providertest.ErrorAt("", "The servers of all users were not listed")},
		"connection lost during the second page": {"admin", map[string]any{"all_users": true}, func(mock *providertest.Mock, _ map[string]any) {
			for i := range 250 {
				mock.StartHubServer(fmt.Sprintf("user%03d", i), "", "{}")
			}
			mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/hub/api/users", Times: 1})
			mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/hub/api/users", Times: 1000, Drop: mockserver.DropMidResponse})
		}, providertest.ErrorAt("", "The servers of all users were not listed")},
		"both arguments": {"admin", map[string]any{"all_users": true, "user": "bob"}, nil, providertest.ErrorAt(`AttributeName("all_users")`, "Set either user or all_users")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			startServers(mock)
			block := blockAs(mock, test.user)
			if test.prepare != nil {
				test.prepare(mock, block)
			}
			client := providertest.NewClientWith(t, mock.Clock, block)
			client.AssertListFails(t, providertest.ServerType, providertest.ListQuery{Config: test.config}, test.want)
		})
	}
}

func TestAccListServers_query(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	startServers(mock)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)},
		Steps: []resource.TestStep{{
			Query:  true,
			Config: providertest.ProviderBlockAs(mock, mock.NewToken("admin")) + "list \"pc_hub_server\" \"all\" {\n  provider = pc\n  config {\n    all_users = true\n  }\n}\n",
			QueryResultChecks: []querycheck.QueryResultCheck{
				querycheck.ExpectLength("pc_hub_server.all", 3),
				querycheck.ExpectIdentity("pc_hub_server.all", map[string]knownvalue.Check{"user": knownvalue.StringExact("bob"), "name": knownvalue.StringExact("")}),
			},
		}},
	})
}
