// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// pipelineFiles returns the pipelines of the examples, of the pages and of this
// repository.
func pipelineFiles(t *testing.T) []block {
	t.Helper()
	found := slices.Concat(codeBlocks(t, "yaml"), fileBlocks(t, ".yml"))
	for _, file := range filesBelow(t, ".github/workflows", ".yml") {
		found = append(found, block{file, "yaml", readFile(t, filepath.Join(repositoryRoot, file))})
	}
	return found
}

// A tag of an action or a version of a package can be moved to other code, which
// would then run beside the token.
func TestPipelines_pinWhatTheyInstall(t *testing.T) {
	t.Parallel()
	actions, installs := 0, 0
	uses := regexp.MustCompile(`(?m)^\s*(?:- )?uses: (\S+)(.*)$`)
	pinned := regexp.MustCompile(`^\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	pip := regexp.MustCompile(`(?m)^.*\bpip install\b.*$`)
	for _, file := range pipelineFiles(t) {
		for _, match := range uses.FindAllStringSubmatch(file.text, -1) {
			if actions++; !strings.HasPrefix(match[1], "./") && !pinned.MatchString(match[1]+match[2]) {
				t.Errorf("%s: %s is not pinned by a commit with its version as a comment", file.where, match[1])
			}
		}
		for _, command := range pip.FindAllString(file.text, -1) {
			if installs++; !strings.Contains(command, "--require-hashes --requirement requirements.txt") {
				t.Errorf("%s: the hashes of packages are not checked: %s", file.where, command)
			}
		}
	}
	if actions < 10 || installs < 3 {
		t.Fatalf("only %d actions and %d installations were found", actions, installs)
	}
	requirements := readFile(t, filepath.Join(repositoryRoot, "examples", "pipeline", "requirements.txt"))
	packages := regexp.MustCompile(`(?m)^[a-z].*$`).FindAllString(requirements, -1)
	if len(packages) == 0 || len(packages) != len(regexp.MustCompile(`(?m)^[a-z].*==\S+ \\\n    --hash=sha256:[0-9a-f]{64}`).FindAllString(requirements, -1)) {
		t.Errorf("not each of these %d packages has a version and a hash: %q", len(packages), packages)
	}
}

// A workflow that another one calls has the name of its caller in github.workflow. If
// both then had one concurrency group, whose name ignores case, GitHub would cancel the
// run as a deadlock.
func TestWorkflows_doNotWaitForThemselves(t *testing.T) {
	t.Parallel()
	type workflow struct {
		Name        string
		Concurrency struct{ Group string }
		Jobs        map[string]struct{ Uses string }
	}
	read := func(file string) (w workflow) {
		if err := yaml.Unmarshal([]byte(readFile(t, filepath.Join(repositoryRoot, file))), &w); err != nil {
			t.Fatal(err)
		}
		return w
	}
	calls := 0
	for _, file := range filesBelow(t, ".github/workflows", ".yml") {
		caller := read(file)
		groupOf := func(w workflow) string {
			return strings.ToLower(strings.ReplaceAll(w.Concurrency.Group, "${{ github.workflow }}", caller.Name))
		}
		for _, job := range caller.Jobs {
			called, isLocal := strings.CutPrefix(job.Uses, "./")
			if !isLocal {
				continue
			}
			calls++
			if group := groupOf(read(called)); group != "" && group == groupOf(caller) {
				t.Errorf("%s and %s, which it calls, have the concurrency group %s", file, called, group)
			}
		}
	}
	if calls < 2 {
		t.Fatalf("only %d calls of workflows were found", calls)
	}
}

// Only steps that run Terraform get the Hub token. Python's packages run code of
// many authors.
func TestPipelines_keepTheTokenFromPython(t *testing.T) {
	t.Parallel()
	commands := 0
	for _, file := range pipelineFiles(t) {
		var content any
		if err := yaml.Unmarshal([]byte(file.text), &content); err != nil {
			t.Fatalf("%s: %v", file.where, err)
		}
		commands += checkSecrets(t, file.where, content)
	}
	if commands < 6 {
		t.Fatalf("only %d commands of Python were found", commands)
	}
}

var (
	secretPattern = regexp.MustCompile(`secrets\.|\$\(PC_API_TOKEN\)`)
	pythonPattern = regexp.MustCompile(`\bpython -m pip install\b|\bpython [a-z_]+\.py\b`)
)

// checkSecrets reports commands of Python with a secret in their environment, and
// secrets of a whole job or workflow. It returns the number of commands.
func checkSecrets(t *testing.T, where string, content any) int {
	t.Helper()
	commands := 0
	switch content := content.(type) {
	case map[string]any:
		environment, err := yaml.Marshal(content["env"])
		if err != nil {
			t.Fatal(err)
		}
		hasSecret := secretPattern.Match(environment)
		_, hasSteps := content["steps"]
		_, hasJobs := content["jobs"]
		if hasSecret && (hasSteps || hasJobs) {
			t.Errorf("%s: each step gets %s", where, environment)
		}
		for key, value := range content {
			text, isText := value.(string)
			if isText && slices.Contains([]string{"run", "bash"}, key) && pythonPattern.MatchString(text) {
				if commands++; hasSecret {
					t.Errorf("%s: a secret is in the environment of %s", where, text)
				}
			}
			if isText {
				continue
			}
			commands += checkSecrets(t, where, value)
		}
	case []any:
		for _, value := range content {
			// GitLab sets its variables for all commands of a job's script.
			if text, isText := value.(string); isText && pythonPattern.MatchString(text) {
				if commands++; !regexp.MustCompile(`\benv --unset=PC_API_TOKEN python `).MatchString(text) {
					t.Errorf("%s: the token is in the environment of %s", where, text)
				}
			}
			commands += checkSecrets(t, where, value)
		}
	}
	return commands
}
