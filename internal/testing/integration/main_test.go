// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

// Package integration_test runs user stories through the real terraform binary on
// the real servers, and checks the result with the Python client.
package integration_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// servers are one gateway behind one Hub, shared by all stories. Each story has its
// own user.
var servers *realservers.Stack

var installation realservers.Installation

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	defer terraform.Clean()
	ctx := context.Background()
	var err error
	if installation, err = realservers.Install(ctx, os.Stderr); err == nil {
		servers, err = realservers.Start(ctx, installation, realservers.Config{MaxWorkers: 4})
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer servers.Stop()
	return m.Run()
}

// story is one user with a workspace.
type story struct {
	*terraform.Workspace
	t     *testing.T
	stack *realservers.Stack
	user  string
	token string
}

// newStory creates a user and a workspace with an empty provider block: address and
// token come from the environment, as in a notebook server of the Hub.
func newStory(t *testing.T) *story {
	t.Helper()
	return newStoryOn(t, servers)
}

// newStoryWithServers returns a story with servers that no other test uses.
func newStoryWithServers(t *testing.T, config realservers.Config) *story {
	t.Helper()
	stack, err := realservers.Start(t.Context(), installation, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Stop)
	return newStoryOn(t, stack)
}

func newStoryOn(t *testing.T, stack *realservers.Stack) *story {
	t.Helper()
	user := strings.ToLower(t.Name())
	user = strings.NewReplacer("/", "-", "_", "-").Replace(user)
	token, err := stack.NewToken(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	s := &story{Workspace: terraform.New(t), t: t, stack: stack, user: user, token: token}
	s.Setenv("PC_ADDRESS="+stack.GatewayURL, "PC_API_TOKEN="+token, "PC_PROXY_ADDRESS="+stack.ProxyAddress)
	s.Write("provider.tf", `provider "pc" {}`)
	t.Cleanup(s.stopAll)
	return s
}

// stopAll stops the clusters of a failed story, so that they do not slow down the
// others.
func (s *story) stopAll() {
	_, _ = s.stack.Python(context.WithoutCancel(s.t.Context()), `
from dask_gateway import Gateway
with Gateway() as gateway:
    for cluster in gateway.list_clusters():
        gateway.stop_cluster(cluster.name)
`, s.stack.Environ(s.user)...)
}

// python runs a script as the story's user and returns its trimmed output.
func (s *story) python(script string, env ...string) string {
	s.t.Helper()
	output, err := s.stack.Python(s.t.Context(), script, append(s.stack.Environ(s.user), env...)...)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(string(output))
}

// clusters returns the result of Python's list_clusters() as "NAME STATUS" lines.
func (s *story) clusters() string {
	s.t.Helper()
	return s.python(`
from dask_gateway import Gateway
with Gateway() as gateway:
    for cluster in gateway.list_clusters():
        print(cluster.name, cluster.status.name)
`)
}
