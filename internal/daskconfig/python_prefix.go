// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
)

// maxPythonFile is far above any pyvenv.cfg, pyenv shim or version file.
const maxPythonFile = 64 << 10

// pythonNames are the names under which a shell finds Python.
var pythonNames = []string{"python3", "python", "python.exe"}

// pythonFinder finds the Python that a shell would start.
type pythonFinder struct {
	ctx      context.Context
	env      environment.Variables
	problems []Problem
}

// prefixes returns sys.prefix and the further site.PREFIXES of the Python that a
// shell would start: the first one on PATH, or that of the active virtual or
// conda environment.
func (f *pythonFinder) prefixes() []string {
	if executable := f.executable(); executable != "" {
		return f.prefixesOf(executable)
	}
	for _, variable := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if prefix, _ := f.env.Lookup(variable); filepath.IsAbs(prefix) {
			return f.withBase(prefix)
		}
	}
	return nil
}

// executable returns the first Python on PATH, or "".
func (f *pythonFinder) executable() string {
	for _, folder := range f.searchPath() {
		for _, name := range pythonNames {
			file := filepath.Join(folder, name)
			if !localfile.IsFile(file) {
				continue
			}
			root := f.pyenvRoot(file)
			if root == "" {
				return file
			}
			if chosen := f.pyenvExecutable(root, name); chosen != "" {
				return chosen
			}
		}
	}
	return ""
}

// searchPath returns the absolute folders of PATH. An empty or relative element
// depends on the working folder. Files in that folder could choose the address to
// which the credentials of the environment are sent.
func (f *pythonFinder) searchPath() []string {
	search, _ := f.env.Lookup("PATH")
	var folders []string
	for _, folder := range filepath.SplitList(search) {
		if filepath.IsAbs(folder) {
			folders = append(folders, folder)
		}
	}
	return folders
}

// prefixesOf returns the prefixes of a Python. A pyvenv.cfg beside it marks a virtual
// environment. Otherwise symbolic links lead to the installation
// (Modules/getpath.py).
func (f *pythonFinder) prefixesOf(executable string) []string {
	prefix := prefixOf(filepath.Dir(executable))
	if _, err := os.Stat(filepath.Join(prefix, virtualEnvironmentFile)); err == nil {
		return f.withBase(prefix)
	}
	if resolved, err := filepath.EvalSymlinks(executable); err == nil {
		prefix = prefixOf(filepath.Dir(resolved))
	}
	return []string{prefix}
}

// prefixOf returns the prefix of a Python in a folder: the parent of bin or Scripts,
// or the folder itself, as on Windows.
func prefixOf(folder string) string {
	if name := strings.ToLower(filepath.Base(folder)); name == "bin" || name == "scripts" {
		return filepath.Dir(folder)
	}
	return folder
}

// virtualEnvironmentFile marks a folder as a virtual environment.
const virtualEnvironmentFile = "pyvenv.cfg"

// withBase adds the prefix of the Python that created a virtual environment, if
// the environment uses the packages of that Python (Lib/site.py, venv).
func (f *pythonFinder) withBase(prefix string) []string {
	home, usesBase := "", false
	for line := range strings.Lines(f.read(filepath.Join(prefix, virtualEnvironmentFile))) {
		key, value, _ := strings.Cut(line, "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "home":
			home = value
		case "include-system-site-packages":
			usesBase = strings.EqualFold(value, "true")
		}
	}
	if !usesBase || !filepath.IsAbs(home) {
		return []string{prefix}
	}
	if resolved, err := filepath.EvalSymlinks(home); err == nil {
		home = resolved
	}
	return []string{prefix, prefixOf(home)}
}

// read returns the content of a file of Python, or "" if it does not exist or if the
// user may not read it. A file that would block or fill the memory is a problem.
func (f *pythonFinder) read(path string) string {
	text, err := localfile.Read(f.ctx, path, maxPythonFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
		f.problems = append(f.problems, Problem{
			Origin:  "the file " + path,
			Summary: "Could not read a file of the Python environment",
			Detail:  "The provider looks for Dask's configuration beside the Python on PATH. " + describeFileError(path, err),
		})
	}
	return string(text)
}
