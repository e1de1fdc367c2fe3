// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package daskconfig reads and writes Dask's configuration: files, YAML,
// environment variables with Python literals, templates, and the text of the
// function dask_config. It sends no request and does not depend on Terraform.
package daskconfig

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
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

// Limits on Dask's files. Their sums count, because a folder can have many.
const (
	maxFileSize  = 512 << 10
	maxTotalSize = 4 << 20
	maxEntries   = 10_000
)

// Read reads Dask's configuration (dask/config.py, collect): the environment
// counts most, and then the last file. As in Python, a file that does not exist,
// that may not be read or that is a folder is left out, and one that cannot be
// understood is a problem. So is one that would block or fill the memory.
func Read(ctx context.Context, env environment.Variables) (Config, []Problem) {
	finder := &pythonFinder{ctx: ctx, env: env}
	config := Config{Paths: daskPaths(env, finder.prefixes())}
	root, problems := readEnvironment(env)
	config.root = root
	problems = append(problems, finder.problems...)
	files, unlisted := filesBelow(ctx, config.Paths)
	problems = append(problems, unlisted...)
	reader := &fileReader{size: maxTotalSize, budget: &budget{values: maxValues, text: maxTextSize}}
	for _, file := range slices.Backward(files) {
		found, problem := reader.read(ctx, file)
		switch {
		case problem != nil:
			problems = append(problems, *problem)
		case found != nil:
			root.adopt(found)
		}
		if reader.isExhausted() {
			// The rest would only repeat the message.
			break
		}
	}
	return config, problems
}

// fileReader reads one file after the other within common limits.
type fileReader struct {
	size   int
	budget *budget
}

func (r *fileReader) isExhausted() bool { return r.size < 0 || r.budget.isExhausted() }

// read returns nil for a file that Python leaves out.
func (r *fileReader) read(ctx context.Context, file string) (*Node, *Problem) {
	text, err := localfile.Read(ctx, file, maxFileSize)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), isFolder(file):
		return nil, nil
	case err != nil:
		return nil, unreadable(file, describeFileError(file, err))
	}
	if r.size -= len(text); r.size < 0 {
		return nil, unreadable(file, fmt.Sprintf("Dask's files are larger than %s together, which is the limit.", localfile.FormatSize(maxTotalSize)))
	}
	found, err := readDaskYAML(text, file, r.budget)
	if err != nil {
		return nil, &Problem{
			Origin:  "the file " + file,
			Summary: "A file of Dask's configuration is malformed",
			Detail: "The file " + file + " cannot be read: " + err.Error() + ". " +
				"It must be YAML with a mapping at its top, for example gateway: {address: https://hub.example.com/services/dask-gateway/}.",
		}
	}
	return found, nil
}

func unreadable(path, detail string) *Problem {
	return &Problem{Origin: "the file " + path, Summary: "Could not read a file of Dask's configuration", Detail: detail}
}

// describeFileError is a sentence that names the file and the limit.
func describeFileError(path string, err error) string {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err
	}
	return "The file " + path + " cannot be read: " + err.Error() + "."
}

// daskPaths returns the places where Dask looks for files. The last one counts most
// (dask/config.py, _get_paths).
func daskPaths(env environment.Variables, prefixes []string) []string {
	root, given := env.Lookup("DASK_ROOT_CONFIG")
	if !given {
		root = "/etc/dask"
	}
	paths := []string{root}
	for _, prefix := range prefixes {
		paths = append(paths, filepath.Join(prefix, "etc", "dask"))
	}
	if home := env.Home(); home != "" {
		paths = append(paths, filepath.Join(home, ".config", "dask"))
	}
	if further, given := env.Lookup("DASK_CONFIG"); given {
		paths = append(paths, further)
	}
	// If a path is there twice, the last place counts.
	var distinct []string
	for i, path := range paths {
		if path != "" && !slices.Contains(paths[i+1:], path) {
			distinct = append(distinct, path)
		}
	}
	return distinct
}

// filesBelow returns the files of the paths: of a folder those with an extension
// that Dask reads, sorted by name.
func filesBelow(ctx context.Context, paths []string) (files []string, problems []Problem) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || path == os.DevNull {
			continue
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		entries, err := localfile.ReadDir(ctx, path, maxEntries)
		if errors.Is(err, localfile.ErrTooLarge) {
			problems = append(problems, *unreadable(path, describeFileError(path, err)))
		}
		for _, entry := range entries {
			// What begins with its only dot has no extension in Python.
			switch strings.ToLower(filepath.Ext(strings.TrimLeft(entry.Name(), "."))) {
			case ".json", ".yaml", ".yml":
				files = append(files, filepath.Join(path, entry.Name()))
			}
		}
	}
	return files, problems
}

// adopt adds what only an older configuration has (dask/config.py, update with the
// priority "old"). A mapping of the older one replaces a value that is not a
// mapping.
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
