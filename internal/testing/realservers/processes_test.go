// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration && linux

package realservers_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// oneWorker starts a cluster with one worker and leaves it running.
const oneWorker = `
from dask_gateway import Gateway
gateway = Gateway()
cluster = gateway.new_cluster(shutdown_on_close=False)
cluster.scale(1)
cluster.get_client().wait_for_workers(1)
print(cluster.name)
`

// processesIn returns the command lines of the processes whose working folder is dir or
// below it, which is true of all processes of a stack.
func processesIn(t *testing.T, dir string) map[int]string {
	t.Helper()
	found := map[int]string{}
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		cwd, err := os.Readlink(link)
		if err != nil || cwd != dir && !strings.HasPrefix(cwd, dir+"/") && !strings.HasPrefix(cwd, dir+" ") {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		command, _ := os.ReadFile(filepath.Join(filepath.Dir(link), "cmdline"))
		found[pid] = strings.ReplaceAll(string(command), "\x00", " ")
	}
	return found
}

// awaitCleanup fails if the folder dir of a stack, or one of its processes, still exists
// after ten seconds.
func awaitCleanup(t *testing.T, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		processes := processesIn(t, dir)
		_, err := os.Stat(dir)
		if len(processes) == 0 && os.IsNotExist(err) {
			return
		}
		if clock.Real().Sleep(ctx, 50*time.Millisecond) != nil {
			t.Fatalf("after 10 s: the folder (%v) and %d processes: %v", err, len(processes), processes)
		}
	}
}

// assertRunning fails if one of the kinds of process is missing.
func assertRunning(t *testing.T, dir string) {
	t.Helper()
	all := fmt.Sprint(processesIn(t, dir))
	for _, kind := range []string{"dask-gateway-server", "dask-gateway-proxy", "jupyterhub", "configurable-http-proxy", "dask scheduler", "dask worker"} {
		if !strings.Contains(all, kind) {
			t.Errorf("no %s among the processes: %s", kind, all)
		}
	}
}

func TestStop_endsSchedulersAndWorkers(t *testing.T) {
	t.Parallel()
	stack := startStack(t, realservers.Config{})
	if _, err := stack.Python(t.Context(), oneWorker); err != nil {
		t.Fatal(err)
	}
	assertRunning(t, stack.Dir)
	stack.Stop()
	if left := processesIn(t, stack.Dir); len(left) > 0 {
		t.Errorf("processes after Stop: %v", left)
	}
	if _, err := os.Stat(stack.Dir); !os.IsNotExist(err) {
		t.Errorf("%s still exists: %v", stack.Dir, err)
	}
}

func TestStart_leavesNoProcessBehind(t *testing.T) {
	t.Parallel()
	for _, ending := range []string{"panic", "exit", "SIGKILL"} {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			helper := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHelperProcess$") //nolint:gosec // this test binary
			helper.Env = append(os.Environ(), "REALSERVERS_TEST_ENDING="+ending)
			output, err := helper.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			input, err := helper.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := helper.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(output)
			var dir string
			for dir == "" && lines.Scan() {
				dir, _ = strings.CutPrefix(lines.Text(), "started ")
				if dir == lines.Text() {
					t.Log(dir)
					dir = ""
				}
			}
			if dir == "" {
				t.Fatal("the other process started no stack")
			}
			assertRunning(t, dir)
			if ending == "SIGKILL" {
				err = helper.Process.Signal(syscall.SIGKILL)
			} else {
				err = input.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			awaitCleanup(t, dir)
			if err := helper.Wait(); err == nil {
				t.Error("the other process exited with 0, want a failure")
			}
		})
	}
}

// TestHelperProcess runs a stack in the other process of TestStart_leavesNoProcessBehind.
func TestHelperProcess(t *testing.T) {
	t.Parallel()
	ending := os.Getenv("REALSERVERS_TEST_ENDING")
	if ending == "" {
		t.Skip("runs in a separate process, started by TestStart_leavesNoProcessBehind")
	}
	inst, err := realservers.Install(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := realservers.Start(t.Context(), inst, realservers.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stack.Python(t.Context(), oneWorker); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stdout.WriteString("started " + stack.Dir + "\n"); err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stdin.Read(make([]byte, 1))
	if ending == "panic" {
		panic("on purpose")
	}
	os.Exit(3)
}

func TestServers_endWithTheirSupervisor(t *testing.T) {
	t.Parallel()
	stack := startStack(t, realservers.Config{})
	if _, err := stack.Python(t.Context(), oneWorker); err != nil {
		t.Fatal(err)
	}
	assertRunning(t, stack.Dir)
	supervisors := 0
	for pid := range processesIn(t, stack.Dir) {
		parent := parentOf(t, pid)
		command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", parent))
		if strings.Contains(string(command), "PR_SET_CHILD_SUBREAPER") {
			supervisors++
			if err := syscall.Kill(parent, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if supervisors == 0 {
		t.Fatal("found no supervisor")
	}
	stack.Stop()
	awaitCleanup(t, stack.Dir)
}

func parentOf(t *testing.T, pid int) int {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[strings.LastIndex(string(stat), ")")+1:]))
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		t.Fatal(err)
	}
	return parent
}
