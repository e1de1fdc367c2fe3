// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package terraform

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// signalTimeout is much longer than terraform takes to notice a signal.
const signalTimeout = time.Minute

// Interrupt does what Ctrl-C does at a terminal: it interrupts terraform and the
// provider's processes. It waits until terraform prints that it has noticed.
func (p *Process) Interrupt() {
	p.t.Helper()
	for _, provider := range p.providers() {
		_ = provider.Signal(os.Interrupt)
	}
	p.Signal(os.Interrupt)
	p.await("Interrupt received")
}

// await waits until terraform has printed the text.
func (p *Process) await(text string) {
	p.t.Helper()
	limit := time.NewTimer(signalTimeout)
	defer limit.Stop()
	for {
		p.mu.Lock()
		printed, output := p.printed, p.output.String()
		p.mu.Unlock()
		if strings.Contains(output, text) {
			return
		}
		select {
		case <-printed:
		case <-limit.C:
			p.t.Fatalf("terraform did not print %q:\n%s", text, output)
		}
	}
}

// KillProvider kills the provider's processes.
func (p *Process) KillProvider() {
	p.t.Helper()
	p.SignalProvider(os.Kill)
}

// SignalProvider sends a signal to the provider's processes.
func (p *Process) SignalProvider(signal os.Signal) {
	p.t.Helper()
	sent := false
	for _, provider := range p.Providers() {
		sent = provider.Signal(signal) == nil || sent
	}
	if !sent {
		p.t.Fatal("terraform has started no provider")
	}
}

// Providers returns the provider's processes, which are children of terraform: one for
// each provider configuration. It reads Linux's /proc and skips the test elsewhere.
func (p *Process) Providers() []*os.Process {
	p.t.Helper()
	if runtime.GOOS != "linux" {
		_ = p.cmd.Process.Kill()
		p.t.Skip("the test finds the provider's process in /proc, which only Linux has")
	}
	return p.providers()
}

// providers is Providers, but returns nothing without Linux's /proc.
func (p *Process) providers() []*os.Process {
	p.t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		p.t.Fatal(err)
	}
	var found []*os.Process
	for _, stat := range stats {
		if child, ok := childOf(stat, p.cmd.Process.Pid); ok {
			found = append(found, child)
		}
	}
	return found
}

// WaitForProvider waits until no process of the provider is left.
func (p *Process) WaitForProvider() {
	p.t.Helper()
	for len(p.Providers()) > 0 {
		time.Sleep(10 * time.Millisecond) //nolint:forbidigo // the kernel sends no event
	}
}

// childOf returns the process of a stat file if it is a provider and a child of the
// parent. The file contains the name in brackets, then the status and the parent
// (proc(5)).
func childOf(stat string, parent int) (*os.Process, bool) {
	text, err := os.ReadFile(stat) //nolint:gosec // a file of /proc
	if err != nil {
		// The process has ended since it was listed.
		return nil, false
	}
	before, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	if len(fields) < 2 || fields[1] != strconv.Itoa(parent) || !strings.Contains(before, "(terraform-prov") {
		return nil, false
	}
	id, err := strconv.Atoi(strings.Fields(before)[0])
	if err != nil {
		return nil, false
	}
	process, err := os.FindProcess(id)
	return process, err == nil
}
