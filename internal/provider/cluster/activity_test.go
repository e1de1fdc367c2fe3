// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const countsPath = "*/counts.json"

// addBusyAndIdle adds a cluster with an open notebook and results in memory, and one
// that computes without a client.
func addBusyAndIdle(mock *providertest.Mock) (busy, idle string) {
	busy, idle = mock.AddCluster("alice", nil), mock.AddCluster("alice", nil)
	mock.SetSchedulerLoad(busy, mockserver.SchedulerLoad{Tasks: 3, Processing: 1, Waiting: 2})
	mock.SetSchedulerLoad(idle, mockserver.SchedulerLoad{Clients: 1, Tasks: 5, Memory: 5})
	mock.PassTime(time.Hour)
	return busy, idle
}

func unreachableScheduler(name string) mockserver.Fault {
	return mockserver.Fault{Path: "*/" + name + "/json/counts.json", Times: 1000, Status: http.StatusNotFound, ContentType: "text/plain", Body: "404: Not Found"}
}

func TestListClusters_filtersByIdle(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	busy, idle := addBusyAndIdle(mock)
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	for isIdle, want := range map[bool]string{true: idle, false: busy} {
		results := client.List(t.Context(), t, providertest.ClusterType, providertest.ListQuery{Config: map[string]any{"idle": isIdle}})
		if got := listNames(t, results); !slices.Equal(got, []string{want}) {
			t.Errorf("idle = %t lists %q, want %q", isIdle, got, want)
		}
		if word := map[bool]string{true: "idle", false: "busy"}[isIdle]; !strings.Contains(results[0].DisplayName, word) {
			t.Errorf("display name %q does not contain %q", results[0].DisplayName, word)
		}
	}
	mock.ClearRequests()
	client.List(t.Context(), t, providertest.ClusterType, providertest.ListQuery{Config: map[string]any{"idle": true, "older_than": "2h"}})
	client.List(t.Context(), t, providertest.ClusterType, providertest.ListQuery{})
	if got := mock.CountRequests(http.MethodGet, countsPath); got != 0 {
		t.Errorf("%d requests to schedulers, want none for clusters that other conditions exclude", got)
	}
}

func TestListClusters_warnsAboutSchedulersThatDoNotRespond(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	dead, idle := addBusyAndIdle(mock)
	mock.FailNext(unreachableScheduler(dead))
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	results := client.List(t.Context(), t, providertest.ClusterType, providertest.ListQuery{Config: map[string]any{"idle": true}})
	if len(results) != 2 || results[1].Text(t, "name") != idle {
		t.Fatalf("got %d results, want a warning and %s", len(results), idle)
	}
	providertest.AssertDiagnostics(t, results[0].Diagnostics, providertest.WarningAt(`AttributeName("idle")`, dead))
}

func TestDaskClusterData_readsActivityOnRequest(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	busy, idle := addBusyAndIdle(mock)
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	read := func(name string, activity bool) map[string]tftypes.Value {
		t.Helper()
		state, diagnostics := client.ReadData(t, providertest.ClusterType, map[string]any{"name": name, "activity": activity})
		providertest.AssertNoDiagnostics(t, diagnostics)
		return state
	}
	assertActivity(t, read(busy, true), 3, 0, false)
	assertActivity(t, read(idle, true), 5, 1, true)
	mock.ClearRequests()
	if state := read(idle, false); !state["idle"].IsNull() || !state["tasks"].IsNull() {
		t.Errorf("idle is %s without activity, want null", state["idle"])
	}
	if got := mock.CountRequests(http.MethodGet, countsPath); got != 0 {
		t.Errorf("%d requests for the activity, want none", got)
	}
}

func assertActivity(t *testing.T, state map[string]tftypes.Value, tasks, clients int, idle bool) {
	t.Helper()
	if !state["tasks"].Equal(tftypes.NewValue(tftypes.Number, tasks)) || !state["clients"].Equal(tftypes.NewValue(tftypes.Number, clients)) ||
		!state["idle"].Equal(tftypes.NewValue(tftypes.Bool, idle)) {
		t.Errorf("tasks %s, clients %s, idle %s, want %d, %d, %t", state["tasks"], state["clients"], state["idle"], tasks, clients, idle)
	}
}

func TestClusters_readsActivityOnRequest(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	busy, idle := addBusyAndIdle(mock)
	young := mock.AddCluster("alice", nil)
	mock.PassTime(time.Minute)
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	read := func(config map[string]any, want providertest.ExpectedDiagnostic) map[string]tftypes.Value {
		t.Helper()
		state, diagnostics := client.ReadData(t, "pc_clusters", config)
		providertest.AssertDiagnostics(t, diagnostics, want)
		var clusters map[string]tftypes.Value
		if err := state["clusters"].As(&clusters); err != nil {
			t.Fatal(err)
		}
		return clusters
	}
	mock.ClearRequests()
	for config, want := range map[string]int{"": 3, "30m": 2, "2h": 0} {
		arguments := map[string]any{}
		if config != "" {
			arguments["older_than"] = config
		}
		if got := len(read(arguments, providertest.ExpectedDiagnostic{})); got != want {
			t.Errorf("older_than %q lists %d clusters, want %d", config, got, want)
		}
	}
	if got := len(mock.Requests()); got != 3 {
		t.Errorf("three lists needed %d requests, want 3\n%s", got, providertest.Journal(mock))
	}
	attributes := func(cluster tftypes.Value) map[string]tftypes.Value {
		t.Helper()
		var attributes map[string]tftypes.Value
		if err := cluster.As(&attributes); err != nil {
			t.Fatal(err)
		}
		return attributes
	}
	clusters := read(map[string]any{"activity": true}, providertest.ExpectedDiagnostic{})
	assertActivity(t, attributes(clusters[busy]), 3, 0, false)
	assertActivity(t, attributes(clusters[idle]), 5, 1, true)
	mock.FailNext(unreachableScheduler(young))
	clusters = read(map[string]any{"activity": true}, providertest.WarningAt(`AttributeName("activity")`, young))
	if state := attributes(clusters[young]); !state["idle"].IsNull() {
		t.Errorf("idle is %s, want null", state["idle"])
	}
}

func TestStopAction_onlyIfIdle(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	busy, idle := addBusyAndIdle(mock)
	dead, ended := mock.AddCluster("alice", nil), mock.AddCluster("alice", nil)
	mock.StopCluster(ended)
	mock.PassTime(time.Minute)
	mock.FailNext(unreachableScheduler(dead))
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	for name, test := range map[string]struct {
		want   providertest.ExpectedDiagnostic
		status string
	}{
		busy:  {providertest.WarningAt("", "3 unfinished tasks"), "RUNNING"},
		idle:  {providertest.ExpectedDiagnostic{}, "STOPPED"},
		dead:  {providertest.ErrorAt("", "did not report whether it is idle"), "RUNNING"},
		ended: {providertest.ExpectedDiagnostic{}, "STOPPED"},
	} {
		_, diagnostics := client.InvokeAction(t.Context(), t, stopActionType, map[string]any{"name": name, "only_if_idle": true}, nil)
		providertest.AssertDiagnostics(t, diagnostics, test.want)
		if got := clusterStatus(mock, "alice", name); got != test.status {
			t.Errorf("cluster %s is %s, want %s", name, got, test.status)
		}
	}
}
