// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const (
	stopActionType  = "pc_dask_cluster_stop"
	scaleActionType = "pc_dask_cluster_scale"
)

func assertMessages(t *testing.T, got []string, want ...string) {
	t.Helper()
	sorted := slices.Clone(got)
	slices.Sort(sorted)
	slices.Sort(want)
	if !slices.Equal(sorted, want) {
		t.Errorf("progress messages are %q, want %q", got, want)
	}
}

// stoppingMessage is the first message of the stop action.
func stoppingMessage(name string) string {
	return "Stopping cluster " + name + ". It may cost money until a line here says that it has ended"
}

func clusterStatus(mock *providertest.Mock, user, name string) string {
	for _, cluster := range mock.Clusters(user) {
		if cluster.Name == name {
			return cluster.Status
		}
	}
	return ""
}

func TestStopAction_stopsAndIsSafeToRunTwice(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	first, second, kept := mock.AddCluster("alice", nil), mock.AddCluster("alice", nil), mock.AddCluster("alice", nil)
	mock.PassTime(time.Minute)
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	stop := func(config map[string]any, want ...string) {
		t.Helper()
		providertest.AssertNoDiagnostics(t, client.PlanAction(t, stopActionType, config))
		messages, diagnostics := client.InvokeAction(t.Context(), t, stopActionType, config, nil)
		providertest.AssertNoDiagnostics(t, diagnostics)
		assertMessages(t, messages, want...)
	}
	stop(map[string]any{"name": first}, stoppingMessage(first), "Cluster "+first+" has ended")
	if got := clusterStatus(mock, "alice", first); got != "STOPPED" {
		t.Errorf("the first cluster is %s, want STOPPED", got)
	}
	stop(map[string]any{"names": []any{first, second}},
		stoppingMessage(first), "Cluster "+first+" has ended", stoppingMessage(second), "Cluster "+second+" has ended")
	for name, want := range map[string]string{second: "STOPPED", kept: "RUNNING"} {
		if got := clusterStatus(mock, "alice", name); got != want {
			t.Errorf("cluster %s is %s, want %s", name, got, want)
		}
	}
	const unknown = "prod.00000000000000000000000000000000"
	stop(map[string]any{"name": unknown}, stoppingMessage(unknown), "The gateway has no cluster "+unknown+": it ended before, or never existed")
}

func TestStopAction_reportsEachClusterThatItCouldNotStop(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	own, foreign := mock.AddCluster("alice", nil), mock.AddCluster("bob", nil)
	mock.PassTime(time.Minute)
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	messages, diagnostics := client.InvokeAction(t.Context(), t, stopActionType, map[string]any{"names": []any{own, foreign}}, nil)
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "Cluster "+foreign+" was not stopped"))
	if got := messages[len(messages)-1]; !strings.Contains(got, "not confirmed") || !strings.Contains(got, foreign) || strings.Contains(got, own) {
		t.Errorf("the last message is %q, want that the end of %s is not confirmed", got, foreign)
	}
	if got := clusterStatus(mock, "alice", own); got != "STOPPED" {
		t.Errorf("the other cluster is %s, want STOPPED", got)
	}
	if got := clusterStatus(mock, "bob", foreign); got != "RUNNING" {
		t.Errorf("the cluster of another user is %s, want RUNNING", got)
	}
}

func TestStopAction_lastMessageAfterInterruptNamesWhatMayStillRun(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{StopDelay: time.Hour})
	name := mock.AddCluster("alice", nil)
	mock.PassTime(time.Minute)
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	ctx, cancel := context.WithCancel(t.Context())
	messages, diagnostics := client.InvokeAction(ctx, t, stopActionType, map[string]any{"name": name}, func(string) { cancel() })
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "Cluster "+name+" was not stopped"))
	want := "The end of these clusters is not confirmed, and they may still cost money: " + name + "."
	if got := messages[len(messages)-1]; got != want {
		t.Errorf("the last message is %q, want %q", got, want)
	}
}

func TestStopAction_checksArgumentsAtPlanAndAtInvoke(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	for name, test := range map[string]struct {
		config map[string]any
		want   providertest.ExpectedDiagnostic
	}{
		"no name":        {map[string]any{}, providertest.ErrorAt("", "Set either name or names")},
		"both":           {map[string]any{"name": "a.b", "names": []any{"a.b"}}, providertest.ErrorAt("", "Set either name or names")},
		"path as name":   {map[string]any{"name": "../x"}, providertest.ErrorAt(`AttributeName("name")`, "name")},
		"path in names":  {map[string]any{"names": []any{"a.b", "../x"}}, providertest.ErrorAt(`AttributeName("names")`, "Each member must be the name of a cluster")},
		"negative limit": {map[string]any{"name": "a.b", "timeout": "-1s"}, providertest.ErrorAt(`AttributeName("timeout")`, "timeout")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			providertest.AssertDiagnostics(t, client.PlanAction(t, stopActionType, test.config), test.want)
			messages, diagnostics := client.InvokeAction(t.Context(), t, stopActionType, test.config, nil)
			providertest.AssertDiagnostics(t, diagnostics, test.want)
			assertMessages(t, messages)
		})
	}
	t.Run("unknown values are checked later", func(t *testing.T) {
		t.Parallel()
		for _, config := range []map[string]any{{"name": providertest.Unknown{}}, {"names": providertest.Unknown{}}} {
			providertest.AssertNoDiagnostics(t, client.PlanAction(t, stopActionType, config))
		}
	})
}

func TestStopAction_messagesAndErrorsHaveNoToken(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	name := mock.AddCluster("alice", nil)
	block := providertest.Block(mock)
	token := fmt.Sprint(block["api_token"])
	mock.FailNext(mockserver.Fault{Method: http.MethodDelete, Path: "*", Times: 1000, Status: http.StatusForbidden, ContentType: "text/plain", Body: "jupyterhub " + token + " is not allowed"})
	client := providertest.NewClientWith(t, mock.Clock, block)
	messages, diagnostics := client.InvokeAction(t.Context(), t, stopActionType, map[string]any{"name": name}, nil)
	if !providertest.HasError(diagnostics) {
		t.Error("no error, want one")
	}
	text := strings.Join(messages, "\n")
	for _, d := range diagnostics {
		text += d.Summary + d.Detail
	}
	if strings.Contains(text, token) {
		t.Errorf("the token is printed: %s", text)
	}
}

func TestScaleAction_scalesAndReportsWorkersAsTheyJoin(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	name := mock.AddCluster("alice", nil)
	mock.PassTime(time.Minute)
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	config := map[string]any{"name": name, "workers": 3, "wait_for_workers": 3}
	for range 2 {
		providertest.AssertNoDiagnostics(t, client.PlanAction(t, scaleActionType, config))
		messages, diagnostics := client.InvokeAction(t.Context(), t, scaleActionType, config, nil)
		providertest.AssertNoDiagnostics(t, diagnostics)
		if messages[0] != "Scaling cluster "+name+" to 3 workers" || messages[len(messages)-1] != "All 3 workers of cluster "+name+" that were waited for have joined" {
			t.Errorf("progress messages are %q", messages)
		}
	}
	messages, diagnostics := client.InvokeAction(t.Context(), t, scaleActionType, map[string]any{"name": name, "adapt": map[string]any{"minimum": 1, "maximum": 2}}, nil)
	providertest.AssertNoDiagnostics(t, diagnostics)
	assertMessages(t, messages, "Scaling cluster "+name+" between 1 and 2 workers")
	if got := fmt.Sprintf("%+v", mock.Clusters("alice")[0]); !strings.Contains(got, "Minimum:1 Maximum:2 Adaptive:true") {
		t.Errorf("the cluster is %s, want adaptive scaling between 1 and 2", got)
	}
}

func TestScaleAction_reportsFailure(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{MaxWorkers: 2})
	name, ended := mock.AddCluster("alice", nil), mock.AddCluster("alice", nil)
	mock.StopCluster(ended)
	mock.PassTime(time.Minute)
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))

	_, diagnostics := client.InvokeAction(t.Context(), t, scaleActionType, map[string]any{"name": name, "workers": 5}, nil)
	providertest.AssertDiagnostics(t, diagnostics, providertest.WarningAt("", "The gateway allows fewer workers than requested"))

	messages, diagnostics := client.InvokeAction(t.Context(), t, scaleActionType, map[string]any{"name": ended, "workers": 1}, nil)
	if !providertest.HasError(diagnostics) {
		t.Error("scaling an ended cluster is no error, want one")
	}
	if got := messages[len(messages)-1]; got != "The workers of cluster "+ended+" were not changed" {
		t.Errorf("the last message is %q", got)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	mock.FailNext(mockserver.Fault{Path: "*/counts.json", Times: 1000, BeforeRequest: cancel, Status: http.StatusNotFound, ContentType: "text/plain", Body: "404: Not Found"})
	messages, diagnostics = client.InvokeAction(ctx, t, scaleActionType, map[string]any{"name": name, "workers": 1, "wait_for_workers": 1}, nil)
	if !providertest.HasError(diagnostics) {
		t.Error("an interrupted wait is no error, want one")
	}
	if got := messages[len(messages)-1]; got != "Not all of the 1 workers of cluster "+name+" have joined" {
		t.Errorf("the last message is %q", got)
	}
}

func TestScaleAction_checksArgumentsAtPlanAndAtInvoke(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	const name = "prod.00000000000000000000000000000000"
	for title, test := range map[string]struct {
		config map[string]any
		want   providertest.ExpectedDiagnostic
	}{
		"nothing":        {map[string]any{"name": name}, providertest.ErrorAt("", "Set either workers or adapt")},
		"both":           {map[string]any{"name": name, "workers": 1, "adapt": map[string]any{"maximum": 1}}, providertest.ErrorAt("", "Set either workers or adapt")},
		"negative":       {map[string]any{"name": name, "workers": -1}, providertest.ErrorAt(`AttributeName("workers")`, "0 or more")},
		"bounds":         {map[string]any{"name": name, "adapt": map[string]any{"minimum": 3, "maximum": 1}}, providertest.ErrorAt(`AttributeName("adapt").ElementKeyString("minimum")`, "must not be greater")},
		"long wait":      {map[string]any{"name": name, "workers": 1, "wait_for_workers": 2}, providertest.ErrorAt(`AttributeName("wait_for_workers")`, "must not be greater than workers = 1")},
		"path as a name": {map[string]any{"name": "../x", "workers": 1}, providertest.ErrorAt(`AttributeName("name")`, "name")},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			client.AssertActionFails(t, scaleActionType, test.config, test.want)
		})
	}
}

// A state has a new cluster before after_create runs.
func TestAccScaleAction_runsAfterCreate(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)},
		Steps: []resource.TestStep{{
			Config: providertest.ProviderBlock(mock) + `
resource "pc_dask_cluster" "test" {
  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.pc_dask_cluster_scale.burst]
    }
  }
}

action "pc_dask_cluster_scale" "burst" {
  config {
    name             = pc_dask_cluster.test.name
    workers          = 2
    wait_for_workers = 2
  }
}
`,
			PostApplyFunc: func() {
				if got := mock.Clusters("alice")[0].Workers; got != 2 {
					t.Errorf("%d workers have joined, want 2", got)
				}
			},
		}},
	})
}
