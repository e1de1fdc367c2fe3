// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix && !race

// Package attacks_test runs terraform against servers, proxies and files that try to make
// the provider use too much memory or wait for ever. It does not run with the race
// detector: Linux counts the memory of the process that starts a program as the
// program's own (fs/exec.c, begin_new_exec), and the detector needs several times as much.
package attacks_test

import (
	"maps"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

const (
	// maxPeakMemory is in KiB, for terraform and the provider each.
	maxPeakMemory = 300 << 10
	maxStopTime   = 2 * time.Second
)

func TestMain(m *testing.M) { os.Exit(terraform.Main(m)) }

// attack is one hostile server, proxy or file.
type attack struct {
	// prepare writes the configuration and the hostile files, and starts the hostile
	// server. It returns a channel that receives a value as soon as the attack is under
	// way, or nil if the attack cannot make the provider wait.
	prepare func(t *testing.T, w *terraform.Workspace) <-chan struct{}
	command []string
	// want are parts of the error. An attack that only Ctrl-C ends has none.
	want []string
}

// The provider survives each attack with little memory. It reports an error, or obeys
// Ctrl-C in time.
func TestProvider_survivesAttacks(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("other systems report the memory of a process in other units")
	}
	for name, each := range attacks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each.run(t)
		})
	}
}

func attacks() map[string]attack {
	all := serverAttacks()
	for _, more := range []map[string]attack{fileAttacks(), kerberosAttacks()} {
		maps.Copy(all, more)
	}
	return all
}

func (a attack) run(t *testing.T) {
	t.Helper()
	if len(a.want) > 0 {
		w := terraform.New(t)
		a.prepare(t, w)
		process := w.Start(a.arguments()...)
		result := process.Wait()
		for _, part := range a.want {
			if !strings.Contains(result.Flat(), part) {
				t.Errorf("terraform does not say %q:\n%.4000s", part, result.Output)
			}
		}
		if result.Code == 0 {
			t.Error("terraform succeeded")
		}
		assertLittleMemory(t, process)
	}
	w := terraform.New(t)
	underWay := a.prepare(t, w)
	if underWay == nil {
		return
	}
	process := w.Start(a.arguments()...)
	select {
	case <-underWay:
	case <-time.After(time.Minute):
		t.Error("the attack did not begin")
	}
	interrupted := clock.Real().Now()
	process.Interrupt()
	process.WaitForProvider()
	if took := clock.Real().Now().Sub(interrupted); took > maxStopTime {
		t.Errorf("the provider ended %s after Ctrl-C", took)
	}
	process.Wait()
	assertLittleMemory(t, process)
}

func (a attack) arguments() []string {
	if a.command == nil {
		return []string{"plan", "-no-color", "-parallelism=64"}
	}
	return a.command
}

// assertLittleMemory compares the peak memory of terraform, which includes that of the
// provider as its child.
func assertLittleMemory(t *testing.T, process *terraform.Process) {
	t.Helper()
	usage, ok := process.SystemUsage().(*syscall.Rusage)
	if !ok {
		t.Fatalf("no usage of resources in %T", process.SystemUsage())
	}
	if usage.Maxrss > maxPeakMemory {
		t.Errorf("a process needed %d MiB, want at most %d", usage.Maxrss>>10, maxPeakMemory>>10)
	}
}
