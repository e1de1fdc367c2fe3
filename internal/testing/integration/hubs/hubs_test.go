// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

// Package hubs_test runs one story on each older JupyterHub with a current gateway.
// The Planetary Computer's last Hub was a JupyterHub 3.
package hubs_test

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

var installation realservers.Installation

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	defer terraform.Clean()
	var err error
	if installation, err = realservers.Install(context.Background(), os.Stderr); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// notebookServerConfig is a notebook server. The installations of JupyterHub 1 and
// 2 contain none.
const notebookServerConfig = `
resource "pc_hub_server" "test" {
  name         = "gpu"
  user_options = { profile = "small" }
}
`

// configTemplate is a token and a cluster. %s is the token's scopes.
const configTemplate = `
provider "pc" {}
resource "pc_dask_cluster" "test" {
  options = { worker_cores = 1 }
}
resource "pc_hub_token" "test" {
  note       = "story ours"
  expires_in = "1h"
  %s
}
data "pc_hub_user" "me" {}
data "pc_hub_user" "by_name" {
  name = data.pc_hub_user.me.name
}
output "name" { value = pc_dask_cluster.test.name }
output "users" {
  value = [for user in [data.pc_hub_user.me, data.pc_hub_user.by_name] : jsonencode([
    user.name, user.kind, user.roles, user.created_at != null, try(contains(user.scopes, "access:services!service=dask-gateway"), null), user.servers == null
  ])]
}
output "id" { value = pc_hub_token.test.id }
output "token" {
  value     = pc_hub_token.test.token
  sensitive = true
}
`

// hubRequestScript sends a request to the Hub's API as the user.
const hubRequestScript = `
import json, os, urllib.request
def hub(method, path):
    request = urllib.request.Request(
        os.environ["JUPYTERHUB_API_URL"] + "/users/" + os.environ["JUPYTERHUB_USER"] + path, method=method,
        headers={"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]})
    with urllib.request.urlopen(request) as response:
        text = response.read()
    return json.loads(text) if text else None
`

const ownTokensScript = hubRequestScript + `
print(*[token["id"] for token in hub("GET", "/tokens")["api_tokens"] if token["note"] == "story ours"])
`

const listScript = `
from dask_gateway import Gateway
with Gateway() as gateway:
    for cluster in gateway.list_clusters():
        print(cluster.name, cluster.status.name)
`

func TestHubs_olderVersions(t *testing.T) {
	t.Parallel()
	for major := 1; major <= 5; major++ {
		t.Run(fmt.Sprintf("JupyterHub %d", major), func(t *testing.T) {
			t.Parallel()
			runStory(t, major)
		})
	}
}

// expectedUsers returns alice as the owner of the token and as a user by name:
// name, kind, roles, whether the Hub returns when she was created, whether the
// token may use the gateway, and whether the Hub omits servers.
func expectedUsers(major int) []any {
	if major == 1 {
		return []any{`["alice","user",null,true,null,true]`, `["alice","user",null,true,null,false]`}
	}
	return []any{`["alice","user",["user"],true,true,false]`, `["alice","user",["user"],true,null,false]`}
}

func runStory(t *testing.T, major int) {
	t.Helper()
	installed, err := realservers.InstallHub(t.Context(), installation, major, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := realservers.Start(t.Context(), installation, realservers.Config{Hub: installed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Stop)
	python := func(script string, env ...string) string {
		t.Helper()
		output, err := stack.Python(t.Context(), script, env...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(output))
	}
	workspace := terraform.New(t)
	workspace.Setenv(stack.Environ("alice")...)

	// Restrict the scopes on Hubs that have scopes.
	workspace.Write("main.tf", fmt.Sprintf(configTemplate, `scopes = ["access:services!service=dask-gateway"]`))
	if major < 3 {
		result := workspace.Run("apply", "-auto-approve", "-no-color", "-target=pc_hub_token.test")
		if result.Code == 0 || !strings.Contains(result.Flat(), "This JupyterHub is too old for scopes") || !strings.Contains(result.Flat(), "and the token was revoked") {
			t.Errorf("on a Hub without scopes terraform exits with %d\n%s", result.Code, result.Output)
		}
		if left := python(ownTokensScript); left != "" {
			t.Errorf("left: %s", left)
		}
		workspace.Write("main.tf", fmt.Sprintf(configTemplate, ""))
	}
	if major > 2 {
		workspace.Write("server.tf", notebookServerConfig)
	}
	workspace.Apply()
	if actions := workspace.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}
	created := workspace.Outputs()
	id, running := fmt.Sprint(created["id"]), fmt.Sprint(created["name"])+" RUNNING"
	if got := python(ownTokensScript); got != id {
		t.Errorf("the Hub lists %q, want %q", got, id)
	}
	if got := python(listScript, fmt.Sprintf("JUPYTERHUB_API_TOKEN=%v", created["token"])); got != running {
		t.Errorf("with the new token Python lists %q, want %q", got, running)
	}

	const servers = hubRequestScript + `
for name, server in hub("GET", "")["servers"].items():
    print(name, server["ready"], server["user_options"])
`
	if got := python(servers); major > 2 && got != "gpu True {'profile': 'small'}" {
		t.Errorf("the Hub has the servers %q", got)
	}

	if got, want := created["users"], expectedUsers(major); !reflect.DeepEqual(got, want) {
		t.Errorf("the users are %v, want %v", got, want)
	}

	python(hubRequestScript+`hub("DELETE", "/tokens/" + os.environ["ID"])`, "ID="+id)
	if plan := workspace.Must("plan", "-no-color").Flat(); !strings.Contains(plan, "The token "+id+" of alice is gone") {
		t.Errorf("the plan does not report the revoked token:\n%s", plan)
	}
	workspace.Apply()
	workspace.Destroy()
	if left := python(ownTokensScript) + python(listScript) + python(servers); left != "" {
		t.Errorf("left after destroy: %s", left)
	}

	workspace.Setenv("JUPYTERHUB_API_TOKEN=0123456789abcdef0123456789abcdef")
	result := workspace.Run("apply", "-auto-approve", "-no-color", "-target=pc_hub_token.test")
	if result.Code == 0 || !strings.Contains(result.Flat(), "rejected the credentials from the environment variable JUPYTERHUB_API_TOKEN") {
		t.Errorf("with an invalid token terraform exits with %d\n%s", result.Code, result.Output)
	}
}
