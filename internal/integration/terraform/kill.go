// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package terraform

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// KillProvider kills the provider's process, which is a child of terraform's.
// It looks for it in Linux's /proc, and skips the test elsewhere.
func (p *Process) KillProvider() {
	p.t.Helper()
	if runtime.GOOS != "linux" {
		_ = p.cmd.Process.Kill()
		p.t.Skip("the provider's process is looked for in /proc, which only Linux has")
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		p.t.Fatal(err)
	}
	killed := false
	for _, stat := range stats {
		if child, ok := childOf(stat, p.cmd.Process.Pid); ok {
			killed = child.Kill() == nil || killed
		}
	}
	if !killed {
		p.t.Fatal("terraform has no process of the provider")
	}
}

// childOf returns the process of a stat file if it is the provider's and the
// parent's child. The name is in brackets, the parent the second word after it
// (proc(5)).
func childOf(stat string, parent int) (*os.Process, bool) {
	text, err := os.ReadFile(stat) //nolint:gosec // a file of /proc
	if err != nil {
		// The process has ended since it was listed.
		return nil, false
	}
	before, after, _ := strings.Cut(string(text), ") ")
	words := strings.Fields(after)
	if len(words) < 2 || words[1] != strconv.Itoa(parent) || !strings.Contains(before, "(terraform-prov") {
		return nil, false
	}
	id, err := strconv.Atoi(strings.Fields(before)[0])
	if err != nil {
		return nil, false
	}
	process, err := os.FindProcess(id)
	return process, err == nil
}
