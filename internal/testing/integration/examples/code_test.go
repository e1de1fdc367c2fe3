// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

// Parses every block of shell, the import commands and the commands of the pipelines.
// terraform must have the subcommands and flags, and make the targets.
func TestShellBlocks_areValid(t *testing.T) {
	t.Parallel()
	scripts := slices.Concat(codeBlocks(t, "shell", "sh"), fileBlocks(t, ".sh"), pipelineCommands(t))
	if len(scripts) < 10 {
		t.Fatalf("only %d blocks of shell were found", len(scripts))
	}
	for _, script := range scripts {
		parseShell(t, script)
	}
	checkTerraformCommands(t, scripts)
	makefile := readFile(t, filepath.Join(repositoryRoot, "GNUmakefile"))
	for _, script := range scripts {
		for _, match := range regexp.MustCompile(`(?m)^\s*make ([a-z0-9-]+)`).FindAllStringSubmatch(script.text, -1) {
			if !strings.Contains(makefile, "\n"+match[1]+":") {
				t.Errorf("%s: make has no target %s", script.where, match[1])
			}
		}
	}
}

func parseShell(t *testing.T, script block) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	command := exec.CommandContext(t.Context(), bash, "-n")
	command.Stdin = strings.NewReader(script.text)
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", script.where, err, output)
	}
}

// terraformCommand finds a command with the rest of its line.
var terraformCommand = regexp.MustCompile(`(?m)(?:^|[\s(;|])(?:terraform|tofu) ((?:-chdir=\S+ )?)([a-z-]+)([^\n|;)]*)`)

// undocumentedFlags are flags that the help of terraform does not name.
var undocumentedFlags = []string{"-replace", "-invoke"}

func checkTerraformCommands(t *testing.T, scripts []block) {
	t.Helper()
	workspace := terraform.New(t)
	commands := workspace.Run("-help").Output
	hasQuery, hasActions := workspace.Supports(terraform.ListResources), workspace.Supports(terraform.Actions)
	help := map[string]string{}
	for _, script := range scripts {
		for line := range strings.SplitSeq(script.text, "\n") {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
				continue
			}
			for _, match := range terraformCommand.FindAllStringSubmatch(line, -1) {
				subcommand, arguments := []string{match[2]}, strings.Fields(match[3])
				if match[2] == "query" && !hasQuery || strings.Contains(match[3], "-invoke") && !hasActions {
					continue
				}
				if !regexp.MustCompile(`(?m)^  ` + match[2] + ` `).MatchString(commands) {
					t.Errorf("%s: terraform has no command %s", script.where, match[2])
					continue
				}
				if slices.Contains([]string{"state", "providers", "workspace"}, match[2]) && len(arguments) > 0 {
					subcommand = append(subcommand, arguments[0])
				}
				key := strings.Join(subcommand, " ")
				if _, ok := help[key]; !ok {
					help[key] = workspace.Run(append(subcommand, "-help")...).Output
					if inherited := map[string]string{"apply": "plan", "destroy": "apply"}[key]; inherited != "" {
						// The help of these commands refers to that of others.
						help[key] += workspace.Run("plan", "-help").Output + workspace.Run(inherited, "-help").Output
					}
				}
				for _, argument := range arguments {
					flag, _, _ := strings.Cut(argument, "=")
					if strings.HasPrefix(flag, "-") && !slices.Contains(undocumentedFlags, flag) && !regexp.MustCompile(regexp.QuoteMeta(flag)+`\b`).MatchString(help[key]) {
						t.Errorf("%s: terraform %s has no flag %s", script.where, key, flag)
					}
				}
			}
		}
	}
}

// Compiles every block of Python and every Python file of the examples, all in one
// process.
func TestPythonBlocks_compile(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	sources := map[string]string{}
	for _, b := range append(codeBlocks(t, "python"), fileBlocks(t, ".py")...) {
		sources[b.where] = b.text
	}
	if len(sources) < 5 {
		t.Fatalf("only %d blocks of Python were found", len(sources))
	}
	input, err := json.Marshal(sources)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), python, "-c", `
import ast, json, sys
for where, text in sorted(json.load(sys.stdin).items()):
    try:
        ast.parse(text)
    except SyntaxError as error:
        print(f"{where}: {error}")
`)
	command.Stdin = bytes.NewReader(input)
	if output, err := command.CombinedOutput(); err != nil || len(output) > 0 {
		t.Errorf("%v\n%s", err, output)
	}
}

// Parses every block of YAML and every YAML file of the examples.
func TestYAMLBlocks_areValid(t *testing.T) {
	t.Parallel()
	documents := slices.Concat(codeBlocks(t, "yaml"), fileBlocks(t, ".yml"))
	if len(documents) < 2 {
		t.Fatalf("only %d blocks of YAML were found", len(documents))
	}
	for _, document := range documents {
		var content any
		if err := yaml.Unmarshal([]byte(document.text), &content); err != nil || content == nil {
			t.Errorf("%s: %v", document.where, err)
		}
	}
}

// pipelineCommands returns the shell commands in the YAML files of the examples:
// "run" of GitHub Actions, "script" and similar keys of GitLab CI and Azure
// Pipelines.
func pipelineCommands(t *testing.T) []block {
	t.Helper()
	var found []block
	for _, file := range fileBlocks(t, ".yml") {
		var content any
		if err := yaml.Unmarshal([]byte(file.text), &content); err != nil {
			t.Fatalf("%s: %v", file.where, err)
		}
		before := len(found)
		walkCommands(content, func(text string) {
			// The CI system replaces its expressions before the shell reads the command.
			text = regexp.MustCompile(`\$\{\{.*?\}\}|\$\([A-Za-z.]+\)`).ReplaceAllString(text, "value")
			found = append(found, block{file.where, "shell", text})
		})
		if len(found) == before {
			t.Errorf("%s has no commands", file.where)
		}
	}
	return found
}

func walkCommands(content any, found func(string)) {
	switch content := content.(type) {
	case map[string]any:
		for key, value := range content {
			text, isText := value.(string)
			if isText && slices.Contains([]string{"run", "script", "bash"}, key) {
				found(text)
			}
			if lines, isList := value.([]any); isList && slices.Contains([]string{"script", "before_script", "after_script"}, key) {
				for _, line := range lines {
					if text, isText := line.(string); isText {
						found(text)
					}
				}
				continue
			}
			walkCommands(value, found)
		}
	case []any:
		for _, value := range content {
			walkCommands(value, found)
		}
	}
}
