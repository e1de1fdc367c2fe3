// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package interrupts_test stops terraform and the provider while they work, as
// users and pipelines do, and counts the remaining clusters.
package interrupts_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

func TestMain(m *testing.M) { os.Exit(terraform.Main(m)) }

// interruptedStage is a moment in a cluster's life cycle, and how to reach it.
type interruptedStage struct {
	// prepare changes the mock before the command starts.
	prepare func(*mockserver.Server)
	config  string
	command []string
	// The stage is reached when the mock receives this request.
	method, path string
	// release changes the mock after the interruption.
	release func(*mockserver.Server)
}

func stages() map[string]interruptedStage {
	apply := []string{"apply", "-auto-approve", "-no-color"}
	nothing := func(*mockserver.Server) {}
	return map[string]interruptedStage{
		"while the POST is under way": {
			func(m *mockserver.Server) {
				m.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", ResponseDelay: time.Minute})
			}, "", apply,
			http.MethodPost, "*/clusters/", nothing,
		},
		"while it starts": {
			func(m *mockserver.Server) { m.SetStartsHeld(true) }, "", apply,
			http.MethodPost, "*/clusters/", func(m *mockserver.Server) { m.SetStartsHeld(false) },
		},
		"while its workers are waited for": {
			func(m *mockserver.Server) {
				m.FailNext(mockserver.Fault{Path: "*/counts.json", Times: 100000, Status: http.StatusNotFound, ContentType: "text/plain", Body: "404: Not Found"})
			}, "workers = 1\n wait_for_workers = 1", apply,
			http.MethodGet, "*/counts.json", nothing,
		},
		"while it is destroyed": {
			func(m *mockserver.Server) {
				m.FailNext(mockserver.Fault{Method: http.MethodDelete, Times: 3, Status: http.StatusNoContent})
			}, "",
			[]string{"destroy", "-auto-approve", "-no-color"},
			http.MethodDelete, "*", nothing,
		},
	}
}

// interruption is a way to end a command. After a graceful one, the state is
// complete.
type interruption struct {
	send       func(*terraform.Process)
	isGraceful bool
}

func interruptions() map[string]interruption {
	return map[string]interruption{
		"Ctrl-C":  {func(p *terraform.Process) { p.Interrupt() }, true},
		"SIGTERM": {func(p *terraform.Process) { p.Signal(syscall.SIGTERM) }, true},
		// A process group is ended as a whole.
		"SIGTERM to both": {func(p *terraform.Process) {
			p.SignalProvider(syscall.SIGTERM)
			p.Signal(syscall.SIGTERM)
		}, true},
		"Ctrl-C twice": {func(p *terraform.Process) {
			p.Interrupt()
			p.Signal(os.Interrupt)
		}, false},
		"the provider is killed": {func(p *terraform.Process) { p.KillProvider() }, false},
	}
}

// Each stage is interrupted in each way. Afterwards, terraform destroy leaves no
// cluster on the gateway. pc_clusters lists a cluster that a kill kept out of the
// state.
func TestInterruption_leavesNoUnknownCluster(t *testing.T) {
	t.Parallel()
	for stageName, stage := range stages() {
		for wayName, way := range interruptions() {
			t.Run(stageName+", "+wayName, func(t *testing.T) {
				t.Parallel()
				mock, err := mockserver.Start(mockserver.Config{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(mock.Close)
				workspace := terraform.New(t)
				workspace.Setenv("PC_ADDRESS="+mock.GatewayURL(), "PC_API_TOKEN="+mock.NewToken("alice"))
				workspace.Write("main.tf", "provider \"pc\" {}\nresource \"pc_dask_cluster\" \"test\" {\n"+stage.config+"\n}\n")
				if stage.command[0] == "destroy" {
					workspace.Apply()
				}
				stage.prepare(mock)
				process := workspace.Start(stage.command...)
				awaitStage(t, mock, stage)
				way.send(process)
				process.Wait()
				stage.release(mock)
				assertEveryClusterIsKnown(t, mock, workspace, way.isGraceful)
			})
		}
	}
}

// TestInterruption_duringTheSecondPlanCreatesNothing interrupts the plan that Terraform
// makes just before it creates a cluster.
func TestInterruption_duringTheSecondPlanCreatesNothing(t *testing.T) {
	t.Parallel()
	mock, err := mockserver.Start(mockserver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mock.Close)
	workspace := terraform.New(t)
	workspace.Setenv("PC_ADDRESS="+mock.GatewayURL(), "PC_API_TOKEN="+mock.NewToken("alice"))
	workspace.Write("main.tf", "provider \"pc\" {}\nresource \"pc_dask_cluster\" \"test\" {}\n")
	planned := make(chan struct{})
	mock.FailNext(mockserver.Fault{Path: "*/options"})
	mock.FailNext(mockserver.Fault{Path: "*/options", ResponseDelay: time.Minute, BeforeResponse: func() { close(planned) }})
	process := workspace.Start("apply", "-auto-approve", "-no-color")
	<-planned
	process.Interrupt()
	if result := process.Wait(); result.Code == 0 {
		t.Errorf("an interrupted apply succeeded:\n%s", result.Output)
	}
	if posts := mock.CountRequests(http.MethodPost, "*/clusters/"); posts != 0 {
		t.Errorf("%d creates began after the interrupt", posts)
	}
}

func awaitStage(t *testing.T, mock *mockserver.Server, s interruptedStage) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := mock.AwaitRequest(ctx, s.method, s.path); err != nil {
		t.Fatal(err)
	}
}

// assertEveryClusterIsKnown destroys the clusters in the state and expects
// pc_clusters to list the rest.
func assertEveryClusterIsKnown(t *testing.T, mock *mockserver.Server, workspace *terraform.Workspace, isGraceful bool) {
	t.Helper()
	workspace.Destroy()
	running := ""
	for _, each := range mock.Clusters("alice") {
		if each.Status != "STOPPED" && each.Status != "FAILED" {
			running = each.Name
		}
	}
	if running == "" {
		return
	}
	if isGraceful {
		t.Errorf("%s runs and was not in the state", running)
	}
	workspace.Write("main.tf", "provider \"pc\" {}\ndata \"pc_clusters\" \"all\" {}\noutput \"names\" {\n value = join(\" \", data.pc_clusters.all.names)\n}\n")
	workspace.Apply()
	if listed, _ := workspace.Outputs()["names"].(string); !strings.Contains(listed, running) {
		t.Errorf("%s runs, is in no state, and pc_clusters lists %q", running, listed)
	}
}
