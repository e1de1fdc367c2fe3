// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration_k8s

// Package kubernetes_test runs user stories through the real terraform binary on a
// real gateway with the Kubernetes backend, and compares the state with the API
// server.
package kubernetes_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if stack, err := sharedStack(); err == nil {
		stack.Stop()
	}
	terraform.Clean()
	os.Exit(code)
}

// sharedStack is for stories that do not restart or change it.
var sharedStack = sync.OnceValues(startSharedStack)

func startSharedStack() (*realservers.Kubernetes, error) {
	apiserver := os.Getenv("KUBE_APISERVER")
	if apiserver == "" {
		return nil, errors.New("KUBE_APISERVER is not set: run the stories with make integration-k8s, which builds a kube-apiserver")
	}
	// The stack outlives the story that starts it.
	ctx := context.Background()
	inst, err := realservers.Install(ctx, os.Stderr)
	if err != nil {
		return nil, err
	}
	return realservers.StartKubernetes(ctx, inst, apiserver, realservers.Config{})
}

func requireSharedStack(t *testing.T) *realservers.Kubernetes {
	t.Helper()
	stack, err := sharedStack()
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

// startOwnStack starts a stack for one story.
func startOwnStack(t *testing.T) *realservers.Kubernetes {
	t.Helper()
	stack, err := startSharedStack()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Stop)
	return stack
}

// waitTimeout is how long a story waits for something that takes seconds.
const waitTimeout = time.Minute

// story is a user with a workspace.
type story struct {
	*terraform.Workspace
	t     *testing.T
	stack *realservers.Kubernetes
	user  string
}

func newStory(t *testing.T, stack *realservers.Kubernetes) *story {
	t.Helper()
	s := &story{Workspace: terraform.New(t), t: t, stack: stack, user: t.Name()}
	s.Setenv("PC_ADDRESS="+stack.GatewayURL, "PC_AUTH=basic", "PC_USERNAME="+s.user, "PC_PASSWORD="+stack.Password)
	s.Write("provider.tf", `provider "pc" {}`)
	return s
}

// writeClusters writes a configuration with this number of equal clusters.
func (s *story) writeClusters(count int) {
	s.t.Helper()
	s.Write("main.tf", fmt.Sprintf("resource \"pc_dask_cluster\" \"many\" {\n for_each = toset([for i in range(%d) : tostring(i)])\n options = { worker_cores = 2 }\n}\n", count))
}

// clusters returns the user's clusters in the API server, including ended ones.
func (s *story) clusters() []realservers.KubeCluster {
	s.t.Helper()
	clusters, err := s.stack.Clusters(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return slices.DeleteFunc(clusters, func(cluster realservers.KubeCluster) bool { return cluster.User != s.user })
}

// clusterByName returns the cluster with this name in the API server.
func (s *story) clusterByName(name string) realservers.KubeCluster {
	s.t.Helper()
	for _, cluster := range s.clusters() {
		if cluster.Name == name {
			return cluster
		}
	}
	s.t.Fatalf("the API server has no cluster %s", name)
	return realservers.KubeCluster{}
}

// activeClusters returns the names of the API server's clusters that have not
// ended.
func (s *story) activeClusters() []string {
	s.t.Helper()
	var names []string
	for _, cluster := range s.clusters() {
		if cluster.Active && (cluster.Phase == "Running" || cluster.Phase == "Pending") {
			names = append(names, cluster.Name)
		}
	}
	slices.Sort(names)
	return names
}

// savedClusters returns the names of the clusters in the state file.
func (s *story) savedClusters() []string {
	s.t.Helper()
	var names []string
	for _, instance := range s.Instances() {
		names = append(names, fmt.Sprint(instance.Attributes["name"]))
	}
	slices.Sort(names)
	return names
}

// expectStateMatches fails the test unless the state and the API server contain the
// same clusters, count in number.
func (s *story) expectStateMatches(count int, when string) {
	s.t.Helper()
	saved, active := s.savedClusters(), s.activeClusters()
	if len(saved) != count || !slices.Equal(saved, active) {
		s.t.Errorf("%s: the state has %d clusters and the API server %d, want %d, the same; only in the state: %v; only in the API server: %v",
			when, len(saved), len(active), count, difference(saved, active), difference(active, saved))
	}
}

func difference(all, others []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(others, name) })
}

// waitUntil waits for other processes.
func (s *story) waitUntil(what string, done func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), waitTimeout)
	defer cancel()
	for !done() {
		if clock.Real().Sleep(ctx, 10*time.Millisecond) != nil {
			s.t.Fatalf("%s did not happen within %s\n%s", what, waitTimeout, s.stack.Logs())
		}
	}
}

// requested returns a function that reports whether the gateway's log contains this
// many new matching requests.
func (s *story) requested(times int, parts string) func() bool {
	s.t.Helper()
	file, err := os.Open(filepath.Join(s.stack.Dir, "gateway.log"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = file.Close() })
	if _, err := file.Seek(0, io.SeekEnd); err != nil {
		s.t.Fatal(err)
	}
	var seen strings.Builder
	return func() bool {
		_, err := io.Copy(&seen, file)
		return err == nil && strings.Count(seen.String(), parts) >= times
	}
}

// restart kills the gateway and starts it again.
func (s *story) restart() {
	s.t.Helper()
	s.kill()
	s.revive()
}

func (s *story) kill() {
	s.t.Helper()
	if err := s.stack.Kill(s.t.Context(), "gateway"); err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) revive() {
	s.t.Helper()
	if err := s.stack.Restart(s.t.Context(), "gateway"); err != nil {
		s.t.Fatal(err)
	}
}

// request sends a request of the user to the gateway without Terraform.
func (s *story) request(method, path, body string) (status int, responseBody string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.stack.GatewayURL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.SetBasicAuth(s.user, s.stack.Password)
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Timeout: waitTimeout}).Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
