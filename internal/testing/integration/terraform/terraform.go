// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package terraform runs the real terraform binary with the provider of this tree, as
// a person at a terminal would.
package terraform

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Workspace is a folder with a configuration, its state and its log.
type Workspace struct {
	t       *testing.T
	dir     string
	command string
	env     []string
	// factory creates the provider if it runs in this process. It is nil if terraform
	// starts the provider.
	factory func() tfprotov6.ProviderServer
	ended   func()
}

// New creates an empty workspace for the test. Its configuration uses the provider
// without terraform init.
func New(t *testing.T) *Workspace {
	t.Helper()
	dir := t.TempDir()
	w := &Workspace{t: t, dir: dir, command: find(t)}
	w.overrideProviders(nil)
	w.env = append(cleanEnvironment(), "TF_CLI_CONFIG_FILE="+w.Path(cliConfig), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	w.requireProvider()
	return w
}

// cliConfig is the CLI configuration with the folders of the providers.
const cliConfig = "cli.tfrc"

// UseTLS makes the provider hashicorp/tls usable without terraform init. Its plugin is
// the given file.
func (w *Workspace) UseTLS(plugin string) {
	w.t.Helper()
	folder := w.t.TempDir()
	if err := os.Symlink(plugin, filepath.Join(folder, "terraform-provider-tls")); err != nil {
		w.t.Fatal(err)
	}
	w.overrideProviders(map[string]string{"registry.terraform.io/hashicorp/tls": folder, "registry.opentofu.org/hashicorp/tls": folder})
}

// overrideProviders writes the folders of the providers, by address, into the CLI
// configuration. OpenTofu looks up an address without a host in its own registry.
func (w *Workspace) overrideProviders(folders map[string]string) {
	w.t.Helper()
	binary, err := build()
	if err != nil {
		w.t.Fatal(err)
	}
	var lines strings.Builder
	for _, address := range addresses {
		fmt.Fprintf(&lines, "    %q = %q\n", address, filepath.Dir(binary))
	}
	for _, address := range slices.Sorted(maps.Keys(folders)) {
		fmt.Fprintf(&lines, "    %q = %q\n", address, folders[address])
	}
	w.Write(cliConfig, "provider_installation {\n  dev_overrides {\n"+lines.String()+"  }\n  direct {}\n}\n")
}

func (w *Workspace) requireProvider() {
	w.t.Helper()
	w.Write("versions.tf", "terraform {\n  required_providers {\n    pc = {\n      source = \""+addresses[0]+"\"\n    }\n  }\n}\n")
}

// Setenv adds variables, as NAME=VALUE, to every command from now on.
func (w *Workspace) Setenv(variables ...string) { w.env = append(w.env, variables...) }

// Write writes a file in the workspace.
func (w *Workspace) Write(name, content string) {
	w.t.Helper()
	w.write(filepath.Join(w.dir, name), content)
}

// Path returns the path of a file in the workspace.
func (w *Workspace) Path(name string) string { return filepath.Join(w.dir, name) }

// Remove deletes a file in the workspace.
func (w *Workspace) Remove(name string) {
	w.t.Helper()
	if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *Workspace) write(file, content string) {
	w.t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// ReadAll returns the text of every file in the workspace: state, logs, and the parts of
// plans.
func (w *Workspace) ReadAll() map[string]string {
	w.t.Helper()
	texts := map[string]string{}
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		content, err := os.ReadFile(filepath.Join(w.dir, entry.Name()))
		if err != nil {
			w.t.Fatal(err)
		}
		texts[entry.Name()] = string(content)
		w.unpack(entry.Name(), content, texts)
	}
	return texts
}

// unpack adds the members of a plan to the texts, as name/member. A plan is a ZIP archive,
// which also has the configuration.
func (w *Workspace) unpack(name string, content []byte, texts map[string]string) {
	w.t.Helper()
	if !bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		return
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, member := range archive.File {
		if strings.HasPrefix(member.Name, "tfconfig/") {
			continue
		}
		opened, err := member.Open()
		if err != nil {
			w.t.Fatal(err)
		}
		text, err := io.ReadAll(opened)
		if err = errors.Join(err, opened.Close()); err != nil {
			w.t.Fatal(err)
		}
		texts[name+"/"+member.Name] = string(text)
	}
}

// Result contains the output of a command, with both streams as a person sees them and
// without the frames around diagnostics.
type Result struct {
	Output string
	Code   int
}

// Run runs a command and returns its result, also after a failure.
func (w *Workspace) Run(arguments ...string) Result {
	w.t.Helper()
	return w.Start(arguments...).Wait()
}

// RunScript runs a shell script of the workspace, for which the binary is named
// terraform.
func (w *Workspace) RunScript(arguments ...string) Result {
	w.t.Helper()
	shell := *w
	shell.command = "sh"
	shell.env = append(slices.Clone(w.env), "PATH="+FolderWith(w.t, w.command)+string(os.PathListSeparator)+os.Getenv("PATH"))
	return shell.Run(arguments...)
}

// FolderWith returns a folder in which the binary is named terraform, as scripts call it.
func FolderWith(t *testing.T, command string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Symlink(command, filepath.Join(folder, "terraform")); err != nil {
		t.Fatal(err)
	}
	return folder
}

// Must runs a command and fails the test if the command fails.
func (w *Workspace) Must(arguments ...string) Result {
	w.t.Helper()
	result := w.Run(arguments...)
	if result.Code != 0 {
		w.t.Fatalf("terraform %s exited with %d:\n%s", strings.Join(arguments, " "), result.Code, result.Output)
	}
	return result
}

// Apply applies without confirmation.
func (w *Workspace) Apply() Result {
	w.t.Helper()
	return w.Must("apply", "-auto-approve", "-no-color")
}

// Destroy destroys without confirmation.
func (w *Workspace) Destroy() Result {
	w.t.Helper()
	return w.Must("destroy", "-auto-approve", "-no-color")
}

// Process is a running command.
type Process struct {
	t      *testing.T
	cmd    *exec.Cmd
	output bytes.Buffer
	// printed is closed when the output grows.
	printed chan struct{}
	mu      sync.Mutex
	// end stops a provider in this process; nil without one.
	end func()
}

// Start starts a command that the test can interrupt.
func (w *Workspace) Start(arguments ...string) *Process {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.t.Context()), 10*time.Minute)
	w.t.Cleanup(cancel)
	p := &Process{t: w.t, printed: make(chan struct{}), cmd: exec.CommandContext(ctx, w.command, arguments...)} //nolint:gosec // the test names the command
	p.cmd.Dir, p.cmd.Env = w.dir, w.env
	if w.factory != nil {
		attachment, end := serve(w.t, w.factory)
		p.cmd.Env = append(slices.Clone(w.env), attachment)
		p.end = func() { end(); w.ended() }
	}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// Write collects output. The exec package may call it from two goroutines.
func (p *Process) Write(part []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.printed)
	p.printed = make(chan struct{})
	return p.output.Write(part)
}

// Signal sends a signal, as Ctrl-C or kill would.
func (p *Process) Signal(signal os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
}

// Wait waits until the command exits.
func (p *Process) Wait() Result {
	p.t.Helper()
	err := p.cmd.Wait()
	if p.end != nil {
		p.end()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return Result{Output: unframed(p.output.String()), Code: p.cmd.ProcessState.ExitCode()}
}

// SystemUsage returns what the system reports about the resources that the command has
// used, with those of its children. The command must have exited.
func (p *Process) SystemUsage() any { return p.cmd.ProcessState.SysUsage() }

// Outputs returns the values of the root module's outputs.
func (w *Workspace) Outputs() map[string]any {
	w.t.Helper()
	var outputs map[string]struct {
		Value any `json:"value"`
	}
	if err := json.Unmarshal([]byte(w.Must("output", "-json").Output), &outputs); err != nil {
		w.t.Fatal(err)
	}
	values := make(map[string]any, len(outputs))
	for name, output := range outputs {
		values[name] = output.Value
	}
	return values
}

// Actions runs a plan and returns the planned action of each resource, for example
// "update" or "delete,create". For an empty plan the map is empty.
func (w *Workspace) Actions() map[string]string {
	w.t.Helper()
	w.Must("plan", "-no-color", "-out=actions.plan")
	defer w.Remove("actions.plan")
	return w.PlannedActions("actions.plan")
}

// PlannedActions returns what a saved plan has for each resource, as Actions does.
func (w *Workspace) PlannedActions(file string) map[string]string {
	w.t.Helper()
	var plan struct {
		ResourceChanges []struct {
			Address string `json:"address"`
			Mode    string `json:"mode"`
			Change  struct {
				Actions []string `json:"actions"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(w.Must("show", "-json", file).Output), &plan); err != nil {
		w.t.Fatal(err)
	}
	actions := map[string]string{}
	for _, change := range plan.ResourceChanges {
		if joined := strings.Join(change.Change.Actions, ","); joined != "no-op" && change.Mode == "managed" {
			actions[change.Address] = joined
		}
	}
	return actions
}

// unframed removes the frame that terraform draws around diagnostics, so that tests can
// search the text. JSON has no frame and does not change.
func unframed(output string) string {
	if !strings.Contains(output, "╷") {
		return output
	}
	lines := strings.Split(output, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimPrefix(line, "│"), " ")
	}
	return strings.Join(lines, "\n")
}

// Flat returns the output on one line, for text that terraform has wrapped.
func (r Result) Flat() string { return strings.Join(strings.Fields(r.Output), " ") }

// cleanEnvironment returns the environment of the test without the variables that
// configure Terraform, Dask, the provider or a proxy.
func cleanEnvironment() []string {
	var environment []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "TF_") && !strings.HasPrefix(name, "PC_") && !strings.HasPrefix(name, "DASK_") && !strings.HasPrefix(name, "JUPYTERHUB_") &&
			!strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			environment = append(environment, variable)
		}
	}
	return environment
}
