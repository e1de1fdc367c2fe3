// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package interrupts_test stops terraform and the provider in the midst of
// their work, as people and pipelines do, and counts what is left.
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

// stage is a moment in the life of a cluster, and how to get there.
type stage struct {
	// prepare is done to the mock before the command starts.
	prepare func(*mockserver.Server)
	config  string
	command []string
	// The moment has come when this was requested.
	method, path string
	// release is done to the mock after the interruption.
	release func(*mockserver.Server)
}

func stages() map[string]stage {
	apply := []string{"apply", "-auto-approve", "-no-color"}
	nothing := func(*mockserver.Server) {}
	return map[string]stage{
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

// way is how a command is ended. After a gentle one the state has everything.
type way struct {
	do     func(*terraform.Process)
	gentle bool
}

func ways() map[string]way {
	return map[string]way{
		"Ctrl-C":  {func(p *terraform.Process) { p.Interrupt() }, true},
		"SIGTERM": {func(p *terraform.Process) { p.Signal(syscall.SIGTERM) }, true},
		// As those do who end a whole group of processes.
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

// TestInterruption ends each stage in each way. Afterwards terraform destroy
// leaves nothing on the gateway; what a kill kept out of the state is listed
// by pc_clusters.
func TestInterruption(t *testing.T) {
	t.Parallel()
	for stageName, stage := range stages() {
		for wayName, way := range ways() {
			t.Run(stageName+", "+wayName, func(t *testing.T) {
				t.Parallel()
				mock, err := mockserver.Start(mockserver.Config{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(mock.Close)
				w := terraform.New(t)
				w.Setenv("PC_ADDRESS="+mock.GatewayURL(), "PC_API_TOKEN="+mock.NewToken("alice"))
				w.Write("main.tf", "provider \"pc\" {}\nresource \"pc_dask_cluster\" \"test\" {\n"+stage.config+"\n}\n")
				if stage.command[0] == "destroy" {
					w.Apply()
				}
				stage.prepare(mock)
				process := w.Start(stage.command...)
				await(t, mock, stage)
				way.do(process)
				process.Wait()
				stage.release(mock)
				assertNothingIsForgotten(t, mock, w, way.gentle)
			})
		}
	}
}

func await(t *testing.T, mock *mockserver.Server, s stage) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := mock.AwaitRequest(ctx, s.method, s.path); err != nil {
		t.Fatal(err)
	}
}

// assertNothingIsForgotten destroys what the state has, and asks pc_clusters
// for the rest.
func assertNothingIsForgotten(t *testing.T, mock *mockserver.Server, w *terraform.Workspace, gentle bool) {
	t.Helper()
	w.Destroy()
	running := ""
	for _, each := range mock.Clusters("alice") {
		if each.Status != "STOPPED" && each.Status != "FAILED" {
			running = each.Name
		}
	}
	if running == "" {
		return
	}
	if gentle {
		t.Errorf("%s runs and was not in the state", running)
	}
	w.Write("main.tf", "provider \"pc\" {}\ndata \"pc_clusters\" \"all\" {}\noutput \"names\" {\n value = join(\" \", data.pc_clusters.all.names)\n}\n")
	w.Apply()
	if listed, _ := w.Outputs()["names"].(string); !strings.Contains(listed, running) {
		t.Errorf("%s runs, is in no state, and pc_clusters lists %q", running, listed)
	}
}
