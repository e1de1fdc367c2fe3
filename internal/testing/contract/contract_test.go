// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/contract"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// mockTarget is a mock server.
type mockTarget struct {
	name     string
	server   *mockserver.Server
	password string
	poll     time.Duration
	missing  map[contract.Capability]string
}

func (m mockTarget) Name() string            { return m.name }
func (m mockTarget) GatewayURL() string      { return m.server.GatewayURL() }
func (m mockTarget) ProxyURL() string        { return "" }
func (m mockTarget) LongPoll() time.Duration { return m.poll }

func (m mockTarget) HubURL() string {
	if m.password != "" {
		return ""
	}
	return m.server.HubURL()
}

func (m mockTarget) MissingCapabilities() map[contract.Capability]string { return m.missing }

func (m mockTarget) Credential(_ context.Context, user string, scopes ...string) (string, error) {
	switch {
	case m.password != "":
		return m.password, nil
	case user == "administrator":
		return m.server.NewServiceToken("test-admin", "admin:users", "admin:servers", "tokens", "list:services", "access:services!service=dask-gateway"), nil
	}
	return m.server.NewToken(user, scopes...), nil
}

// startMock starts a mock that stops with the test.
func startMock(t *testing.T, cfg mockserver.Config) *mockserver.Server {
	t.Helper()
	server, err := mockserver.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

// The mock has the same forms as the real servers. Its responses must also equal the
// recorded ones.
func TestMock_behavesLikeTheRealServers(t *testing.T) {
	t.Parallel()
	start := func(name string, cfg mockserver.Config, missing map[contract.Capability]string) contract.Target {
		cfg.LongPoll = time.Second
		server := startMock(t, cfg)
		missing[contract.GatewayProxy] = "the mock is one process; its own tests cover restarts"
		missing[contract.UnreachableSchedulers] = "all schedulers of the mock are reachable"
		missing[contract.SchedulerPages] = "the mock has only the counts and identity of schedulers"
		return mockTarget{name: name, server: server, password: cfg.Password, poll: cfg.LongPoll, missing: missing}
	}
	targets := []contract.Target{
		start("hub", mockserver.Config{}, missingBehindHub()),
		start("basic", mockserver.Config{GatewayPrefix: "/", Auth: "basic", Password: "secret", MaxWorkers: 4}, missingWithoutHub()),
		start("kubernetes", mockserver.Config{
			GatewayPrefix: "/", Auth: "basic", Password: "secret", Kubernetes: &mockserver.Kubernetes{Namespace: "dask"},
		}, missingOnKubernetes()),
	}
	contract.Run(t, targets, contract.NewRecorder("testdata", false), func(report contract.Report) {
		t.Log("mock: ", report)
		const want = 6
		if len(report.NotRun) != want {
			t.Errorf("%d cases cannot run on the mock, but %d did not run", want, len(report.NotRun))
		}
	})
}

func TestMock_behavesLikeEachHubVersion(t *testing.T) {
	t.Parallel()
	for _, major := range contract.HubVersions() {
		t.Run(strconv.Itoa(major), func(t *testing.T) {
			t.Parallel()
			server := startMock(t, mockserver.Config{HubVersion: strconv.Itoa(major)})
			contract.RunHub(t, major, mockTarget{name: "mock", server: server, poll: time.Second, missing: missingBehindHub()}, requireAllCases(t))
		})
	}
}

// requireAllCases fails the test if a case did not run.
func requireAllCases(t *testing.T) func(contract.Report) {
	t.Helper()
	return func(report contract.Report) {
		t.Log(report)
		if len(report.NotRun) > 0 {
			t.Errorf("%d cases did not run", len(report.NotRun))
		}
	}
}

// missingBehindHub is what a gateway behind a JupyterHub and without a worker limit
// does not have.
func missingBehindHub() map[contract.Capability]string {
	return map[contract.Capability]string{
		contract.BasicAuth:    "the Hub authenticates users",
		contract.WorkerLimit:  "none is configured",
		contract.NoPathPrefix: "one is configured",

		contract.KubernetesBackend: "the target has a different backend",
	}
}

// missingOnKubernetes is what a gateway with the Kubernetes backend, without a Hub
// and without a worker limit does not have.
func missingOnKubernetes() map[contract.Capability]string {
	missing := missingWithoutHub()
	delete(missing, contract.NoWorkerLimit)
	delete(missing, contract.KubernetesBackend)
	missing[contract.LocalBackend] = "the target has a different backend"
	missing[contract.WorkerLimit] = "none is configured"
	missing[contract.SchedulerPages] = "the target has no real schedulers"
	missing[contract.GatewayProxy] = "a gateway on Kubernetes has none"
	return missing
}

// missingWithoutHub is what a gateway with one password for all users and a limit
// of four workers does not have.
func missingWithoutHub() map[contract.Capability]string {
	return map[contract.Capability]string{
		contract.Hub:               "the target has no Hub",
		contract.AdminService:      "the target has no Hub",
		contract.NoWorkerLimit:     "one is configured",
		contract.PathPrefix:        "none is configured",
		contract.KubernetesBackend: "the target has a different backend",
	}
}
