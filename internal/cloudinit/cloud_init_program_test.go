// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package cloudinit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/cloudinit"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// machineConfig is a cloud-config as cloud-init itself reads it.
type machineConfig struct {
	Files    map[string]string `json:"files"`
	Commands [][]string        `json:"commands"`
	// Script contains all commands. A machine runs it with sh.
	Script string `json:"script"`
}

const readByCloudInit = `
import json, sys
from cloudinit import safeyaml, util
config = safeyaml.load(sys.stdin.read())
json.dump({"files": {file["path"]: file["content"] for file in config["write_files"]}, "commands": config["runcmd"], "script": util.shellify(config["runcmd"])}, sys.stdout)
`

// readAsMachine reads a text with cloud-init's own code. Its YAML library reads YAML
// 1.1, and differs from the library that wrote the text.
func readAsMachine(t *testing.T, text string) machineConfig {
	t.Helper()
	installation, err := realservers.Install(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	packages, err := realservers.InstallCloudInit(t.Context(), installation, os.Stderr)
	if errors.Is(err, realservers.ErrNoAPT) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(installation.Bin(), "python"), "-c", readByCloudInit)
	cmd.Env = []string{"PYTHONPATH=" + packages, "HOME=" + t.TempDir(), "PYTHONUTF8=1"}
	cmd.Stdin, cmd.Stderr = strings.NewReader(text), t.Output()
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var read machineConfig
	if err := json.Unmarshal(output, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// TestCloudConfig_keepsHostileValuesOnAMachine puts all hostile values into one text.
func TestCloudConfig_keepsHostileValuesOnAMachine(t *testing.T) {
	t.Parallel()
	var lines, arguments []any
	env := map[string]any{}
	wantWords := []string{"run", "--rm", "--name=dask", "--net=host", "--env-file=/etc/dask/env"}
	var wantCommands [][]string
	wantEnv := ""
	for i, value := range hostileTexts {
		word := strings.NewReplacer("\n", "", "\t", "").Replace(value)
		name := fmt.Sprintf("HOSTILE_%03d", i)
		lines, arguments, env[name] = append(lines, value), append(arguments, word), word
		wantCommands, wantWords = append(wantCommands, []string{"command", "eval", value}), append(wantWords, word)
		wantEnv += name + "=" + word + "\n"
	}
	wantCommands = append(wantCommands, []string{"systemctl", "daemon-reload"}, []string{"systemctl", "enable", "--now", "dask.service"})
	wantWords = append(wantWords, "a", "dask", "scheduler", "--port", "8786", "--dashboard-address", ":8787")
	text := render(t, cloudinit.RoleScheduler, map[string]any{"image": "a", "env": env, "docker_args": arguments, "extra_bootstrap": lines})
	got := readAsMachine(t, text)
	if got.Files["/etc/dask/env"] != wantEnv {
		t.Errorf("the environment is %q, want %q", got.Files["/etc/dask/env"], wantEnv)
	}
	if !reflect.DeepEqual(got.Commands, wantCommands) {
		t.Errorf("the commands are %q, want %q", got.Commands, wantCommands)
	}
	if dockerArguments := readBack(t, text).dockerArguments(t); !reflect.DeepEqual(dockerArguments, wantWords) {
		t.Errorf("docker gets %q, want %q", dockerArguments, wantWords)
	}
	if unit := readBack(t, text).file(t, "/etc/systemd/system/dask.service"); got.Files["/etc/systemd/system/dask.service"] != unit {
		t.Errorf("the unit is %q, want %q", got.Files["/etc/systemd/system/dask.service"], unit)
	}
}

// TestCloudConfig_startsDaskAfterBrokenLines: an incomplete shell command ends with
// its own line, and the effects of a complete one last until the next line.
func TestCloudConfig_startsDaskAfterBrokenLines(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	lines := []any{
		`it's`, `"`, `$(`, "`", `if true; then`, `(`, `)`, `}`, `{`, `case x in`, "cat <<EOF\nsystemctl stop", `# nothing`, `a \`, `false`, `no-such-command`,
		`X='a b'; cd "$PLACE"`, `printf '%s|%s' "$X" "$PWD" > shared`,
	}
	script := readAsMachine(t, render(t, cloudinit.RoleScheduler, map[string]any{"image": "a", "extra_bootstrap": lines})).Script
	bin := filepath.Join(folder, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "systemctl"), []byte("#!/bin/sh\necho \"$*\" >> \"$PLACE/calls\"\n"), 0o700); err != nil { //nolint:gosec // the test runs it
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "sh")
	cmd.Env, cmd.Dir = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "PLACE=" + folder}, folder
	cmd.Stdin, cmd.Stderr = strings.NewReader(script), t.Output()
	if err := cmd.Run(); err != nil {
		t.Errorf("%v\n%s", err, script)
	}
	for name, want := range map[string]string{"calls": "daemon-reload\nenable --now dask.service\n", "shared": "a b|" + folder} {
		if got, err := os.ReadFile(filepath.Join(folder, name)); string(got) != want {
			t.Errorf("%s is %q, want %q, %v", name, got, want, err)
		}
	}
}

// TestCloudConfig_writesUnitsThatSystemdAccepts lets systemd read the units of the
// golden files, and a unit with all hostile values. systemd ignores a line that it
// cannot read.
func TestCloudConfig_writesUnitsThatSystemdAccepts(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("systemd-analyze")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	arguments := make([]any, 0, len(hostileTexts))
	for _, value := range hostileTexts {
		arguments = append(arguments, strings.NewReplacer("\n", "", "\t", "").Replace(value))
	}
	texts := map[string]string{
		"hostile": render(t, cloudinit.RoleScheduler, map[string]any{"image": "a", "docker_args": arguments}),
		"folder": render(t, cloudinit.RoleWorker, map[string]any{
			"image": "a", "scheduler_address": "tcp://10.0.0.4:8786", "local_directory": `/mnt/it's "100%" $HOME \x`,
		}),
	}
	for name, options := range goldens {
		role, _, _ := strings.Cut(name, "_")
		texts[name] = render(t, role, parseOptions(t, options))
	}
	folder := t.TempDir()
	write := func(name, unit string) {
		if err := os.WriteFile(filepath.Join(folder, name+".service"), []byte(unit), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("docker", "[Service]\nExecStart=/bin/true\n")
	for name, text := range texts {
		unit := readBack(t, text).file(t, "/etc/systemd/system/dask.service")
		// The programs of a machine do not exist here.
		for _, place := range []string{"/usr/bin/docker ", "/usr/bin/install ", "/etc/dask/fetch-key"} {
			unit = strings.ReplaceAll(unit, place, "/bin/true ")
		}
		write(name, unit)
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, "verify", filepath.Join(folder, name+".service"))
		cmd.Env = []string{"SYSTEMD_UNIT_PATH=" + folder + ":/lib/systemd/system:/usr/lib/systemd/system"}
		output, err := cmd.CombinedOutput()
		if err != nil && len(output) == 0 {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(output)) {
			// The output also contains the units of this machine that these units need.
			if strings.Contains(line, name+".service") {
				t.Errorf("%s: %s\n%s", name, line, unit)
			}
		}
	}
}
