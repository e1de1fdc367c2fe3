// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package daskconfig reads and writes Dask's configuration: files, YAML,
// environment variables with Python literals, templates, and the text of the
// function dask_config. It sends nothing and knows nothing of Terraform.
package daskconfig

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
)

// Config is what Dask makes of its environment variables and its files.
type Config struct {
	root *Node
	// Paths are the places where Dask looks for files. The last one counts most.
	Paths []string
}

// Problem is a variable or a file that cannot be used.
type Problem struct {
	// Origin is where the value was found.
	Origin string
	// Summary and Detail are for the person at the terminal. They quote no value.
	Summary, Detail string
}

// Read reads Dask's configuration (dask/config.py, collect): the environment
// counts most, and then the last file. A file that cannot be opened is left out;
// one that cannot be understood is a problem, as it is in Python.
func Read(env environment.Variables) (Config, []Problem) {
	config := Config{Paths: daskPaths(env)}
	root, problems := readEnvironment(env)
	config.root = root
	for _, file := range slices.Backward(filesBelow(config.Paths)) {
		text, err := os.ReadFile(file) //nolint:gosec // where Dask looks
		if err != nil {
			continue
		}
		found, err := readDaskYAML(text, file)
		if err != nil {
			problems = append(problems, Problem{
				Origin:  "the file " + file,
				Summary: "A file of Dask's configuration is malformed",
				Detail:  "Allowed is YAML with a mapping at its top, for example gateway: {address: https://hub.example.com/services/dask-gateway/}. This file cannot be read: " + err.Error() + ".",
			})
			continue
		}
		root.adopt(found)
	}
	return config, problems
}

// daskPaths are the places where Dask looks for files, the last of which counts
// most (dask/config.py, _get_paths).
func daskPaths(env environment.Variables) []string {
	root, given := env.Lookup("DASK_ROOT_CONFIG")
	if !given {
		root = "/etc/dask"
	}
	paths := []string{root}
	for _, prefix := range pythonPrefixes(env) {
		paths = append(paths, filepath.Join(prefix, "etc", "dask"))
	}
	if home := env.Home(); home != "" {
		paths = append(paths, filepath.Join(home, ".config", "dask"))
	}
	if further, given := env.Lookup("DASK_CONFIG"); given {
		paths = append(paths, further)
	}
	// Of a path that is there twice, the last place counts.
	var distinct []string
	for i, path := range paths {
		if path != "" && !slices.Contains(paths[i+1:], path) {
			distinct = append(distinct, path)
		}
	}
	return distinct
}

// filesBelow are the files of the paths: of a folder those with an ending that
// Dask knows, by name.
func filesBelow(paths []string) []string {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			continue
		}
		for _, entry := range entries {
			// What begins with its only dot has no ending in Python.
			switch strings.ToLower(filepath.Ext(strings.TrimLeft(entry.Name(), "."))) {
			case ".json", ".yaml", ".yml":
				files = append(files, filepath.Join(path, entry.Name()))
			}
		}
	}
	return files
}

// adopt adds what an older configuration has and this one has not (dask/config.py,
// update with the priority "old"). A mapping of the older one takes the place of a
// value that is none.
func (c *Node) adopt(older *Node) {
	for _, name := range older.order {
		part, key := older.keys[name], c.canonical(name)
		here := c.keys[key]
		switch {
		case part.keys == nil && here == nil:
			c.keys[key] = part
		case part.keys == nil:
		case here == nil || here.keys == nil:
			c.keys[key] = &Node{keys: map[string]*Node{}, files: part.files}
			c.keys[key].adopt(part)
		default:
			here.adopt(part)
		}
	}
}
