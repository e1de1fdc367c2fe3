// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package settings_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// testPrefixes reads from several Python installations where Dask looks for files. With
// each of them on PATH, the provider must look in the same places.
func testPrefixes(t *testing.T, stack *realservers.Stack) {
	t.Helper()
	root := t.TempDir()
	python := filepath.Join(stack.Bin, "python3")
	packages := strings.TrimSpace(commandOutput(t, exec.CommandContext(t.Context(), python, "-c", "import dask, os; print(os.path.dirname(os.path.dirname(dask.__file__)))")))
	for name, arguments := range map[string][]string{"plain": nil, "system": {"--system-site-packages"}} {
		commandOutput(t, exec.CommandContext(t.Context(), python, append([]string{"-m", "venv", "--without-pip", filepath.Join(root, name)}, arguments...)...))
	}
	for link, to := range map[string]string{"linked/bin/python3": python, "flat/python3": "plain/bin/python3", "chain/bin/python3": "flat/python3"} {
		link = filepath.Join(root, link)
		if err := os.MkdirAll(filepath.Dir(link), 0o700); err != nil {
			t.Fatal(err)
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(root, to)
		}
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	folders := map[string]string{"the servers' own": stack.Bin}
	for _, name := range []string{"plain/bin", "system/bin", "linked/bin", "flat", "chain/bin"} {
		folders[name] = filepath.Join(root, name)
	}
	for name, folder := range folders {
		variables := []string{"PATH=" + folder, "HOME=" + root, "DASK_ROOT_CONFIG=" + filepath.Join(root, "etc"), "DASK_CONFIG=" + filepath.Join(root, "further")}
		cmd := exec.CommandContext(t.Context(), filepath.Join(folder, "python3"), "-c", "import dask.config, json; print(json.dumps(dask.config._get_paths()))")
		cmd.Env = append(variables, "PYTHONPATH="+packages)
		var paths []string
		if err := json.Unmarshal([]byte(commandOutput(t, cmd)), &paths); err != nil {
			t.Fatal(err)
		}
		s, problems := settings.Resolve(t.Context(), settings.Block{}, environment.New(variables))
		if want := "in Dask's files: " + strings.Join(paths, ", ") + "\n"; len(problems) > 0 || !strings.Contains(s.Missing("address"), want) {
			t.Errorf("%s: Dask looks in %q, and the provider: %s", name, paths, s.Missing("address"))
		}
	}
}

// testPyenv reads the prefixes of the Pythons of an installed pyenv, for every
// way to choose a version.
func testPyenv(t *testing.T) {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "pyenv", "root").Output()
	if err != nil {
		t.Skip("pyenv is not installed: ", err)
	}
	shims := filepath.Join(strings.TrimSpace(string(root)), "shims")
	versions := strings.Fields(commandOutput(t, exec.CommandContext(t.Context(), "pyenv", "versions", "--bare", "--skip-envs")))
	folder := t.TempDir()
	for _, version := range append(versions, "3", "python-3", "system", "") {
		for _, inFile := range []bool{false, true} {
			variables := []string{"PATH=" + shims + ":/usr/bin:/bin", "HOME=" + folder, "DASK_ROOT_CONFIG=" + filepath.Join(folder, "etc")}
			file := filepath.Join(folder, ".python-version")
			if err := os.RemoveAll(file); err != nil {
				t.Fatal(err)
			}
			if inFile {
				if err := os.WriteFile(file, []byte(version+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			} else {
				variables = append(variables, "PYENV_VERSION="+version)
			}
			cmd := exec.CommandContext(t.Context(), filepath.Join(shims, "python3"), "-c", "import sys; print(sys.prefix)")
			cmd.Env, cmd.Dir = variables, folder
			output, err := cmd.Output()
			if err != nil {
				// Python 2, for example, has no python3 command.
				continue
			}
			prefix := strings.TrimSpace(string(output))
			s, problems := settings.Resolve(t.Context(), settings.Block{}, environment.New(variables).InDirectory(folder))
			if want := filepath.Join(prefix, "etc", "dask"); len(problems) > 0 || !strings.Contains(s.Missing("address"), ", "+want+", ") {
				t.Errorf("%s, in a file %t: Python's prefix is %s, and the provider: %v %s", version, inFile, prefix, problems, s.Missing("address"))
			}
		}
	}
}

func commandOutput(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v", cmd.Args, err)
	}
	return string(output)
}
