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
	lacks    map[contract.Capability]string
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

func (m mockTarget) Lacks() map[contract.Capability]string { return m.lacks }

func (m mockTarget) Credential(_ context.Context, user string, scopes ...string) (string, error) {
	switch {
	case m.password != "":
		return m.password, nil
	case user == "administrator":
		return m.server.NewServiceToken("test-admin", "admin:users", "admin:servers", "tokens", "list:services", "access:services!service=dask-gateway"), nil
	}
	return m.server.NewToken(user, scopes...), nil
}

// TestMock runs the table on the mock, in the two forms in which it runs on the
// real servers, and holds the mock's answers against the recorded ones.
func TestMock(t *testing.T) {
	t.Parallel()
	start := func(name string, cfg mockserver.Config, lacks map[contract.Capability]string) contract.Target {
		cfg.LongPoll = time.Second
		server, err := mockserver.Start(cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Close)
		lacks[contract.Proxy] = "the mock is one process; its restarts are tested with it"
		lacks[contract.Deaf] = "all of the mock's schedulers answer"
		lacks[contract.Scheduler] = "the mock has no schedulers, only their counts and identity"
		return mockTarget{name: name, server: server, password: cfg.Password, poll: cfg.LongPoll, lacks: lacks}
	}
	targets := []contract.Target{
		start("hub", mockserver.Config{}, behindHub()),
		start("basic", mockserver.Config{GatewayPrefix: "/", Auth: "basic", Password: "secret", MaxWorkers: 4}, alone()),
		start("kubernetes", mockserver.Config{
			GatewayPrefix: "/", Auth: "basic", Password: "secret", Kubernetes: &mockserver.Kubernetes{Namespace: "dask"},
		}, onKubernetes()),
	}
	contract.Run(t, targets, contract.NewRecorder("testdata", false), func(report contract.Report) {
		t.Log("the mock: ", report)
		const want = 6
		if len(report.NotRun) != want {
			t.Errorf("%d cases can't be run on the mock, but %d were not", want, len(report.NotRun))
		}
	})
}

// TestMockHubs runs the cases of each version of JupyterHub on the mock of it.
func TestMockHubs(t *testing.T) {
	t.Parallel()
	for _, major := range contract.HubVersions() {
		t.Run(strconv.Itoa(major), func(t *testing.T) {
			t.Parallel()
			server, err := mockserver.Start(mockserver.Config{HubVersion: strconv.Itoa(major)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(server.Close)
			contract.RunHub(t, major, mockTarget{name: "mock", server: server, poll: time.Second, lacks: behindHub()}, everyCase(t))
		})
	}
}

// everyCase objects to cases that were not run.
func everyCase(t *testing.T) func(contract.Report) {
	t.Helper()
	return func(report contract.Report) {
		t.Log(report)
		if len(report.NotRun) > 0 {
			t.Errorf("%d cases were not run", len(report.NotRun))
		}
	}
}

// behindHub is what a gateway lacks that knows its users from a JupyterHub and
// has no limit of workers.
func behindHub() map[contract.Capability]string {
	return map[contract.Capability]string{
		contract.Basic:    "users are known from the Hub here",
		contract.Limit:    "there is none here",
		contract.NoPrefix: "there is one here",

		contract.Kubernetes: "the backend is another one here",
	}
}

// onKubernetes is what a gateway lacks that has the Kubernetes backend, is alone
// and has no limit of workers.
func onKubernetes() map[contract.Capability]string {
	lacks := alone()
	delete(lacks, contract.NoLimit)
	delete(lacks, contract.Kubernetes)
	lacks[contract.Local] = "the backend is another one here"
	lacks[contract.Limit] = "there is none here"
	lacks[contract.Scheduler] = "no real scheduler is here"
	lacks[contract.Proxy] = "the gateway has none of its own here"
	return lacks
}

// alone is what a gateway lacks that takes any user with the one password, and
// grants four workers at most.
func alone() map[contract.Capability]string {
	return map[contract.Capability]string{
		contract.Hub:           "the gateway is alone here",
		contract.Administrator: "the gateway is alone here",
		contract.NoLimit:       "there is one here",
		contract.Prefix:        "there is none here",
		contract.Kubernetes:    "the backend is another one here",
	}
}
