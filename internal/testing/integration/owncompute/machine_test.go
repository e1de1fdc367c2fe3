// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package owncompute_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"go.yaml.in/yaml/v3"
)

// cloudConfig contains the fields of a cloud-config that the test uses.
type cloudConfig struct {
	WriteFiles []struct {
		Path        string `yaml:"path"`
		Permissions string `yaml:"permissions"`
		Content     string `yaml:"content"`
	} `yaml:"write_files"`
	RunCmd []any `yaml:"runcmd"`
}

// machine replaces a virtual machine: a folder is its root, and local processes
// replace the containers.
type machine struct {
	t    *testing.T
	root string
	bin  string
	unit string
	cmd  *exec.Cmd
	log  string
}

// bootMachine does what cloud-init does with a cloud-config: it writes the files
// and starts the unit that the last command enables.
func bootMachine(t *testing.T, bin, config string) *machine {
	t.Helper()
	m := &machine{t: t, root: t.TempDir(), bin: bin}
	if first, _, _ := strings.Cut(config, "\n"); first != "#cloud-config" {
		t.Fatalf("cloud-init does not accept this as a cloud-config: %q", first)
	}
	var read cloudConfig
	if err := yaml.Unmarshal([]byte(config), &read); err != nil {
		t.Fatal(err)
	}
	for _, file := range read.WriteFiles {
		m.write(file.Path, file.Permissions, file.Content)
	}
	last, ok := read.RunCmd[len(read.RunCmd)-1].([]any)
	if !ok || len(last) != 4 || last[0] != "systemctl" || last[1] != "enable" || last[2] != "--now" {
		t.Fatalf("the last command is %v", read.RunCmd)
	}
	m.unit = m.read(fmt.Sprintf("/etc/systemd/system/%v", last[3]))
	m.start()
	return m
}

func (m *machine) write(path, permissions, content string) {
	m.t.Helper()
	mode, err := strconv.ParseUint(permissions, 8, 32)
	if err != nil {
		m.t.Fatal(err)
	}
	file := filepath.Join(m.root, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), os.FileMode(mode)); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) read(path string) string {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join(m.root, path))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(text)
}

// start runs the command of the unit's docker run, with its environment and
// volumes.
func (m *machine) start() {
	m.t.Helper()
	words := systemdWords(m.unitSetting("ExecStart"))
	if words[0] != "/usr/bin/docker" || words[1] != "run" {
		m.t.Fatalf("the unit starts %q", words)
	}
	var environment, volumes []string
	words = words[2:]
	for ; strings.HasPrefix(words[0], "--"); words = words[1:] {
		switch name, value, _ := strings.Cut(words[0], "="); name {
		case "--env-file":
			environment = append(environment, strings.Split(strings.TrimSpace(m.read(value)), "\n")...)
		case "--volume":
			volumes = append(volumes, value)
		case "--rm", "--name", "--net":
		default:
			m.t.Fatalf("the container is run with %s", words[0])
		}
	}
	for i, variable := range environment {
		for _, volume := range volumes {
			host, inside, _ := strings.Cut(strings.TrimSuffix(volume, ":ro"), ":")
			variable = strings.ReplaceAll(variable, "="+inside+"/", "="+filepath.Join(m.root, host)+"/")
		}
		environment[i] = variable
	}
	// words[0] is the image.
	command := words[1:]
	m.log = filepath.Join(m.root, "dask.log")
	output, err := os.Create(m.log)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = output.Close() })
	m.cmd = exec.CommandContext(context.WithoutCancel(m.t.Context()), filepath.Join(m.bin, command[0]), command[1:]...)
	m.cmd.Dir, m.cmd.Stdout, m.cmd.Stderr = m.root, output, output
	m.cmd.Env = append([]string{"PATH=" + m.bin + ":" + os.Getenv("PATH"), "HOME=" + m.root, "TMPDIR=" + os.TempDir()}, environment...)
	// A worker has a nanny. Its child processes belong to the same process group.
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(m.stop)
}

// stop kills all processes of the machine, as if it were switched off.
func (m *machine) stop() {
	if m.cmd == nil {
		return
	}
	_ = syscall.Kill(-m.cmd.Process.Pid, syscall.SIGKILL)
	_ = m.cmd.Wait()
	m.cmd = nil
	if m.t.Failed() {
		text, _ := os.ReadFile(m.log)
		m.t.Logf("%s", text)
	}
}

// unitSetting returns a setting of the unit.
func (m *machine) unitSetting(name string) string {
	m.t.Helper()
	for line := range strings.SplitSeq(m.unit, "\n") {
		if value, ok := strings.CutPrefix(line, name+"="); ok {
			return value
		}
	}
	m.t.Fatalf("the unit has no %s:\n%s", name, m.unit)
	return ""
}

// systemdWords splits a command as systemd does (systemd.service(5)).
func systemdWords(line string) []string {
	var words []string
	var word strings.Builder
	quoted, begun := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quoted, begun = !quoted, true
		case c == ' ' && !quoted:
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		case (c == '\\' || c == '%' || c == '$') && i+1 < len(line):
			i++
			word.WriteByte(line[i])
			begun = true
		default:
			word.WriteByte(c)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	return words
}
