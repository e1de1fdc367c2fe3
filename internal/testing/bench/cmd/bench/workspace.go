// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// user owns the clusters on the mock.
const user = "alice"

// commandLimit is longer than any command takes on a slow machine.
const commandLimit = 15 * time.Minute

var machineClock = clock.Real()

// programs are the binaries that the runs need.
type programs struct {
	terraform, measure, cliConfig string
}

// install puts the measuring program in place of each provider, into a mirror from
// which terraform init installs, and writes a CLI configuration. Its overrides save the
// other commands the lock file and its hashes.
func install(dir, terraform, measure string, providers []string) (programs, error) {
	mirror := filepath.Join(dir, "mirror")
	var overrides strings.Builder
	for _, provider := range providers {
		name := filepath.Base(provider)
		folder := filepath.Join(mirror, filepath.FromSlash(addressOf(name)), "0.0.1", runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(filepath.Join(folder, "measured"), 0o700); err != nil {
			return programs{}, err
		}
		// Hard links cannot cross file systems. Copy instead.
		if err := errors.Join(clone(provider, filepath.Join(folder, "measured", name)), clone(measure, filepath.Join(folder, name))); err != nil {
			return programs{}, err
		}
		_, _ = fmt.Fprintf(&overrides, "    %q = %q\n", addressOf(name), folder)
	}
	cli := filepath.Join(dir, "cli.tfrc")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n%s  }\n  filesystem_mirror {\n    path = %q\n  }\n}\n", &overrides, mirror)
	return programs{terraform: terraform, measure: measure, cliConfig: cli}, os.WriteFile(cli, []byte(text), 0o600)
}

func addressOf(binary string) string {
	if binary == "terraform-provider-time" {
		return "registry.terraform.io/hashicorp/time"
	}
	return "registry.terraform.io/planetary-computer/pc"
}

func clone(from, to string) error {
	content, err := os.ReadFile(from) //nolint:gosec // a program that was just built
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o700) //nolint:gosec // a program
}

// workspace is a folder with a configuration and its state.
type workspace struct {
	programs
	dir     string
	subject subject
	n       int
	server  *mockserver.Server
	env     []string
}

// newWorkspace creates a workspace for n resources. server is the gateway, or nil for a
// type without one. The state is a file in the workspace.
func newWorkspace(p programs, s subject, n int, server *mockserver.Server) (*workspace, error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	w := &workspace{programs: p, dir: dir, subject: s, n: n, server: server}
	w.env = append(cleanEnvironment(), "TF_CLI_CONFIG_FILE="+p.cliConfig, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	if server != nil {
		w.env = append(w.env, "PC_ADDRESS="+server.GatewayURL(), "PC_API_TOKEN="+server.NewToken(user))
	}
	return w, os.WriteFile(filepath.Join(dir, "main.tf"), []byte(strings.TrimPrefix(variables+s.config, "\n")), 0o600)
}

// useRemoteState stores the state at an address of the HTTP backend instead.
func (w *workspace) useRemoteState(ctx context.Context, address string) error {
	if err := os.WriteFile(filepath.Join(w.dir, "backend.tf"), fmt.Appendf(nil, strings.TrimPrefix(backendConfig, "\n"), address), 0o600); err != nil {
		return err
	}
	if _, output, err := w.measured(ctx, []string{"init", "-input=false"}); err != nil {
		return fmt.Errorf("terraform init: %w\n%s", err, tail(output))
	}
	return nil
}

func (w *workspace) close() { _ = os.RemoveAll(w.dir) }

// cleanEnvironment returns the environment without the user's settings of
// providers.
func cleanEnvironment() []string {
	var kept []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		personal := strings.HasSuffix(strings.ToUpper(name), "_PROXY")
		for _, prefix := range []string{"TF_", "PC_", "DASK_", "JUPYTERHUB_"} {
			personal = personal || strings.HasPrefix(name, prefix)
		}
		if !personal {
			kept = append(kept, variable)
		}
	}
	return kept
}

// run runs a step and checks its result.
func (w *workspace) run(ctx context.Context, s step, arguments ...string) (bench.Sample, error) {
	if w.server != nil {
		w.server.ClearRequests()
	}
	sample, output, err := w.measured(ctx, w.arguments(s, arguments...))
	if err != nil {
		return sample, fmt.Errorf("%s of %d %s: %w\n%s", s.operation, w.n, w.subject.name, err, tail(output))
	}
	if want := s.done(w.n, w.subject.isReplaced); !strings.Contains(output, want) {
		return sample, fmt.Errorf("%s of %d %s does not print %q:\n%s", s.operation, w.n, w.subject.name, want, tail(output))
	}
	if w.subject.provider != "" && sample.Memory == 0 {
		return sample, fmt.Errorf("%s of %d %s: no provider was measured", s.operation, w.n, w.subject.name)
	}
	if w.server == nil {
		return sample, nil
	}
	sample.Requests = float64(len(w.server.Requests()))
	return sample, checkClusters(w.server, s.operation, w.n)
}

// arguments returns the arguments of the step for terraform, followed by more.
func (w *workspace) arguments(s step, more ...string) []string {
	all := append(slices.Clone(s.arguments), "-input=false", "-var=n="+strconv.Itoa(w.n), "-var=maximum="+strconv.Itoa(s.maximum))
	return append(all, more...)
}

// measured runs terraform and returns its measurement and its output.
func (w *workspace) measured(ctx context.Context, arguments []string) (bench.Sample, string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	records := filepath.Join(w.dir, "records")
	_ = os.Remove(records)
	cmd := exec.CommandContext(ctx, w.measure, append([]string{w.terraform}, arguments...)...) //nolint:gosec // the measured command
	var output bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = w.dir, append(w.env, "BENCH_RECORD="+records), &output, &output
	err := cmd.Run()
	text := colours.ReplaceAllString(output.String(), "")
	if err != nil {
		return bench.Sample{}, text, err
	}
	read, err := readRecords(records)
	return bench.Sum(read), text, err
}

func readRecords(file string) ([]bench.Record, error) {
	opened, err := os.Open(file) //nolint:gosec // a file that was just written
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	var records []bench.Record
	lines := bufio.NewScanner(opened)
	for lines.Scan() {
		var record bench.Record
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	return records, lines.Err()
}

// tail returns the end of an output.
func tail(output string) string {
	const maxBytes = 4000
	if len(output) > maxBytes {
		return "..." + output[len(output)-maxBytes:]
	}
	return output
}
