// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

// Package auth_test tests authentication at a real gateway without a JupyterHub.
package auth_test

import (
	"context"
	"fmt"
	"os"
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

func startGateway(t *testing.T, cfg realservers.Config) *realservers.Stack {
	t.Helper()
	stack, err := realservers.Start(t.Context(), installation, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Stop)
	return stack
}

// clusterConfig is the configuration of the tests. It outputs the cluster's name.
const clusterConfig = `
resource "pc_dask_cluster" "test" {
  options = { worker_cores = 1 }
}
output "name" { value = pc_dask_cluster.test.name }
`

// listClustersScript prints "NAME STATUS" of each cluster.
const listClustersScript = `
from dask_gateway import Gateway
with Gateway() as gateway:
    for cluster in gateway.list_clusters():
        print(cluster.name, cluster.status.name)
`

func runPython(t *testing.T, stack *realservers.Stack, user string) string {
	t.Helper()
	output, err := stack.Python(t.Context(), listClustersScript, stack.Environ(user)...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(output))
}

func TestBasic_appliesAndDestroys(t *testing.T) {
	t.Parallel()
	stack := startGateway(t, realservers.Config{Auth: realservers.Basic, Users: []string{"alice"}})
	workspace := terraform.New(t)
	provider := func(password string) {
		workspace.Write("provider.tf", fmt.Sprintf("provider \"pc\" {\n  address = %q\n  auth = \"basic\"\n  username = \"alice\"\n  password = %q\n}\n", stack.GatewayURL, password))
	}
	workspace.Write("main.tf", clusterConfig)

	provider(stack.Password)
	workspace.Apply()
	if actions := workspace.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}
	name := fmt.Sprint(workspace.Outputs()["name"])
	if got, want := runPython(t, stack, "alice"), name+" RUNNING"; got != want {
		t.Errorf("alice's clusters: %q, want %q", got, want)
	}
	if got := runPython(t, stack, "bob"); got != "" {
		t.Errorf("bob has alice's clusters: %q", got)
	}

	expectRejectedCredentials(t, workspace, func() { provider("wr0ng-passw0rd") }, "The password comes from password in the provider block")
	expectRejectedCredentials(t, workspace, func() {
		workspace.Write("provider.tf", `provider "pc" {}`)
		workspace.Setenv("PC_ADDRESS="+stack.GatewayURL, "PC_USERNAME=alice", "PC_PASSWORD=wr0ng-passw0rd")
	}, "The password comes from the environment variable PC_PASSWORD")

	provider(stack.Password)
	if got, want := runPython(t, stack, "alice"), name+" RUNNING"; got != want {
		t.Errorf("after plans with a wrong password: %q, want %q", got, want)
	}
	workspace.Destroy()
	if left := runPython(t, stack, "alice"); left != "" {
		t.Errorf("left after destroy: %s", left)
	}
	for file, text := range workspace.ReadAll() {
		if strings.Contains(text, stack.Password) && file != "provider.tf" {
			t.Errorf("%s contains the password", file)
		}
	}
}

// expectRejectedCredentials plans with invalid credentials. The error appears once,
// names the origin of the credentials and prints none.
func expectRejectedCredentials(t *testing.T, workspace *terraform.Workspace, change func(), origin string) {
	t.Helper()
	change()
	result := workspace.Run("plan", "-no-color")
	if result.Code == 0 {
		t.Fatalf("a plan with a wrong password passes:\n%s", result.Output)
	}
	for _, part := range []string{"401", "rejected the user name or the password", origin, "PC_USERNAME and PC_PASSWORD"} {
		if !strings.Contains(strings.ToLower(result.Flat()), strings.ToLower(part)) {
			t.Errorf("the error does not contain %q:\n%s", part, result.Output)
		}
	}
	for _, part := range []string{"wr0ng-passw0rd", "/hub/token", "attempts)"} {
		if strings.Contains(result.Output, part) {
			t.Errorf("the error contains %q:\n%s", part, result.Output)
		}
	}
	if got := len(workspace.Instances()); got != 1 {
		t.Errorf("the state has %d instances after the failed plan, want 1", got)
	}
}
