// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// pyenvShim is a shim as pyenv 2.6.30 writes it (pyenv-rehash).
const pyenvShim = `#!/usr/bin/env bash
set -e
[ -n "$PYENV_DEBUG" ] && set -x

program="${0##*/}"

export PYENV_ROOT="FOLDER"
exec "FOLDER/libexec/pyenv" exec "$program" "$@"
`

// Dask's files are next to the Python that pyenv would start. The integration tests
// compare with a real pyenv.
func TestResolve_followsPyenvShims(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("pyenv has no Windows version")
	}
	files := map[string]string{
		"pyenv/version":                  "# global\n3.11.7\n",
		"project/.python-version":        "  3.12 and a comment\n",
		"project/system/.python-version": "system",
		"project/none/.python-version":   "2.7\n",
		"project/hostile/.python-version": "../../elsewhere\n" +
			"3.9.18\n",
		"project/deep/folder/x.txt":   "",
		"elsewhere/bin/python3":       "",
		"elsewhere/etc/dask/x.yaml":   addressYAML("http://elsewhere"),
		"usr/bin/python3":             "",
		"usr/etc/dask/x.yaml":         addressYAML("http://system"),
		"pyenv/shims/python3":         "",
		"pyenv/shims/etc/dask/x.yaml": addressYAML("http://shims"),
	}
	for _, version := range []string{"3.9.18", "3.11.7", "3.12.1", "3.12.10", "3.12.9", "3.12.11rc1", "3.13.0t", "3.13.0", "3.14-dev"} {
		files["pyenv/versions/"+version+"/bin/python3"] = ""
		files["pyenv/versions/"+version+"/etc/dask/x.yaml"] = addressYAML("http://v" + version)
	}
	root := writeFiles(t, files)
	pathOf := func(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }
	if err := os.WriteFile(pathOf("pyenv/shims/python3"), []byte(strings.ReplaceAll(pyenvShim, "FOLDER", pathOf("pyenv"))), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		variable, folder string
		want             string
	}{
		"pyenv's own file":              {"", "", "http://v3.11.7"},
		"the working folder":            {"", "project", "http://v3.12.10"},
		"a folder below":                {"", "project/deep/folder", "http://v3.12.10"},
		"PYENV_DIR before the folder":   {"PYENV_DIR=" + pathOf("project"), "project/system", "http://v3.12.10"},
		"PYENV_DIR without a file":      {"PYENV_DIR=" + pathOf("elsewhere"), "project", "http://v3.12.10"},
		"system in a file":              {"", "project/system", "http://system"},
		"none that is installed":        {"", "project/none", "http://system"},
		"a path that leads elsewhere":   {"", "project/hostile", "http://v3.9.18"},
		"PYENV_VERSION before the file": {"PYENV_VERSION=3.9.18", "project", "http://v3.9.18"},
		"the first that is installed":   {"PYENV_VERSION=2.7:3.9.18:3.11.7", "", "http://v3.9.18"},
		"system before a version":       {"PYENV_VERSION=system:3.9.18", "", "http://system"},
		"the prefix python-":            {"PYENV_VERSION=python-3.9.18", "", "http://v3.9.18"},
		"a prefix of versions":          {"PYENV_VERSION=3", "", "http://v3.13.0"},
		"a free-threaded build":         {"PYENV_VERSION=3.13t", "", "http://v3.13.0t"},
		"a development version":         {"PYENV_VERSION=3.14-dev", "", "http://v3.14-dev"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := root
			if test.folder != "" {
				folder = pathOf(test.folder)
			}
			env := environment.New([]string{"DASK_ROOT_CONFIG=" + pathOf("none"), "PATH=" + pathOf("pyenv/shims") + ":" + pathOf("usr/bin"), test.variable}).InDirectory(folder)
			s, problems := settings.Resolve(t.Context(), settings.Block{}, env)
			if len(problems) > 0 {
				t.Fatalf("%+v", problems)
			}
			expectEqual(t, "address", s.Address.Value, test.want)
		})
	}
	// A folder called shims without pyenv contains a Python.
	other := writeFiles(t, map[string]string{"shims/python3": "", "shims/etc/dask/x.yaml": addressYAML("http://shims")})
	expectEqual(t, "address", mustResolve(t, settings.Block{}, "DASK_ROOT_CONFIG="+pathOf("none"), "PATH="+filepath.Join(other, "shims")).Address.Value, "http://shims")
}

// Otherwise, the files in the working folder could choose the address that receives
// the environment's token.
func TestResolve_ignoresRelativePathElements(t *testing.T) {
	root := writeFiles(t, map[string]string{
		"bin/python3": "", "python3": "", "etc/dask/x.yaml": addressYAML("http://working-folder"),
		".config/dask/x.yaml": addressYAML("http://working-folder"), "x.yaml": addressYAML("http://working-folder"),
		"good/bin/python3": "", "good/etc/dask/x.yaml": addressYAML("http://good"),
	})
	t.Chdir(root)
	good := filepath.Join(root, "good", "bin")
	for _, search := range []string{"", ".", "bin", "./bin", "./", "bin/../"} {
		path := strings.Join([]string{search, good}, string(os.PathListSeparator))
		expectEqual(t, "address with PATH="+search, mustResolve(t, settings.Block{}, "DASK_ROOT_CONFIG=/nowhere", "PATH="+path).Address.Value, "http://good")
		expectEqual(t, "address with VIRTUAL_ENV="+search, mustResolve(t, settings.Block{}, "DASK_ROOT_CONFIG=/nowhere", "VIRTUAL_ENV="+search).Address.Value, "")
	}
	for _, empty := range []string{"HOME=", "DASK_CONFIG=", "DASK_ROOT_CONFIG=", "VIRTUAL_ENV=", "CONDA_PREFIX="} {
		expectEqual(t, "address with "+empty, mustResolve(t, settings.Block{}, empty).Address.Value, "")
	}
	if err := os.WriteFile("pyvenv.cfg", []byte("home = bin\ninclude-system-site-packages = true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	expectEqual(t, "address with a relative home", mustResolve(t, settings.Block{}, "DASK_ROOT_CONFIG=/nowhere", "VIRTUAL_ENV="+filepath.Join(root, "good")).Address.Value, "http://good")
}
