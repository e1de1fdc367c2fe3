// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package examples_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

// TestREADME_commands runs the commands of the README as printed: make install in an
// empty home folder, make mock, the two lines that it prints, and terraform init with
// the configuration.
func TestREADME_commands(t *testing.T) {
	t.Parallel()
	makeCommand, err := exec.LookPath("make")
	if err != nil {
		t.Skip("there is no make")
	}
	home := t.TempDir()
	environment := append(os.Environ(), "HOME="+home)
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		value, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		environment = append(environment, name+"="+strings.TrimSpace(string(value)))
	}
	install := exec.CommandContext(t.Context(), makeCommand, "install")
	install.Dir, install.Env = repositoryRoot, environment
	if output, err := install.CombinedOutput(); err != nil {
		t.Fatalf("make install: %v\n%s", err, output)
	}
	workspace := terraform.New(t)
	workspace.Remove("versions.tf")
	workspace.Write("main.tf", firstBlock(t, "README.md"))
	workspace.Write("empty.tfrc", "")
	workspace.Setenv("HOME="+home, "TF_CLI_CONFIG_FILE="+workspace.Path("empty.tfrc"))
	workspace.Setenv(startMakeMock(t, makeCommand, environment)...)
	workspace.Must("init", "-no-color")
	workspace.Apply()
	workspace.Destroy()
}

// startMakeMock runs make mock until the end of the test, and returns the variables
// that it tells the reader to export.
func startMakeMock(t *testing.T, makeCommand string, environment []string) []string {
	t.Helper()
	mock := exec.CommandContext(context.WithoutCancel(t.Context()), makeCommand, "mock")
	mock.Dir, mock.Env, mock.Stderr = repositoryRoot, environment, os.Stderr
	mock.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := mock.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := mock.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Ctrl-C goes to the process group: make, go run and the mock.
		_ = syscall.Kill(-mock.Process.Pid, syscall.SIGINT)
		_ = mock.Wait()
	})
	var exports []string
	for lines := bufio.NewScanner(output); len(exports) < 2 && lines.Scan(); {
		if variable, isExport := strings.CutPrefix(strings.TrimSpace(lines.Text()), "export "); isExport {
			exports = append(exports, variable)
		}
	}
	if len(exports) < 2 {
		t.Fatalf("make mock prints only the exports %v", exports)
	}
	return exports
}
