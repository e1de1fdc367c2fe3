// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
)

// pythonPrefixes are sys.prefix and the further site.PREFIXES of the Python that
// would be started: the first one on PATH, or that of the virtual or conda
// environment that is active.
func pythonPrefixes(env environment.Variables) []string {
	search, _ := env.Lookup("PATH")
	for _, folder := range filepath.SplitList(search) {
		for _, name := range []string{"python3", "python", "python.exe"} {
			file := filepath.Join(folder, name)
			if info, err := os.Stat(file); err == nil && !info.IsDir() {
				return prefixesOf(file)
			}
		}
	}
	for _, variable := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if prefix, _ := env.Lookup(variable); prefix != "" {
			return withBase(prefix)
		}
	}
	return nil
}

// prefixesOf are those of a Python. It is a virtual environment's by the file
// beside it; else links lead to where it is at home (Modules/getpath.py).
func prefixesOf(file string) []string {
	prefix := prefixOf(filepath.Dir(file))
	if _, err := os.Stat(filepath.Join(prefix, environmentFile)); err == nil {
		return withBase(prefix)
	}
	if resolved, err := filepath.EvalSymlinks(file); err == nil {
		prefix = prefixOf(filepath.Dir(resolved))
	}
	return []string{prefix}
}

// prefixOf is the prefix of a Python in the folder: Windows has it there, and
// others have it in bin or Scripts.
func prefixOf(folder string) string {
	if name := strings.ToLower(filepath.Base(folder)); name == "bin" || name == "scripts" {
		return filepath.Dir(folder)
	}
	return folder
}

// environmentFile makes a folder a virtual environment.
const environmentFile = "pyvenv.cfg"

// withBase adds the prefix of the Python that a virtual environment was made
// with, if it sees the packages of that one (Lib/site.py, venv).
func withBase(prefix string) []string {
	text, _ := os.ReadFile(filepath.Join(prefix, environmentFile)) //nolint:gosec // where Python looks; without it there is no base
	home, sees := "", false
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "home":
			home = value
		case "include-system-site-packages":
			sees = strings.EqualFold(value, "true")
		}
	}
	if !sees || home == "" {
		return []string{prefix}
	}
	if resolved, err := filepath.EvalSymlinks(home); err == nil {
		home = resolved
	}
	return []string{prefix, prefixOf(home)}
}
