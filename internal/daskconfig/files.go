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

// Config is the result of Dask's environment variables and files.
type Config struct {
	root *Node
	// Paths are the places where Dask looks for files. The last one takes precedence.
	Paths []string
}

// Problem is a variable or a file that cannot be used.
type Problem struct {
	// Origin is where the value was found.
	Origin string
	// Summary and Detail are printed to the user. They quote no value.
	Summary, Detail string
}

// Limits on Dask's files. The total is limited as well, because a folder can contain
// many files.
const (
	maxFileSize  = 512 << 10
	maxTotalSize = 4 << 20
	maxEntries   = 10_000
)

// Read reads Dask's configuration (dask/config.py, collect): the environment takes
// precedence, and then the last file. As in Python, Read skips a file that does not
// exist, that may not be read or that is a folder. A malformed file is a problem. So
// is a file that would block or fill the memory.
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

// read returns nil for a file that Python skips.
func (r *fileReader) read(ctx context.Context, file string) (*Node, *Problem) {
	text, err := localfile.Read(ctx, file, maxFileSize)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), localfile.IsDir(file):
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

// describeFileError returns a sentence with the file and the limit.
func describeFileError(path string, err error) string {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err
	}
	return "The file " + path + " cannot be read: " + err.Error() + "."
}

// daskPaths returns the places where Dask looks for files. The last one takes
// precedence (dask/config.py, _get_paths).
func daskPaths(env environment.Variables, prefixes []string) []string {
	root, isSet := env.Lookup("DASK_ROOT_CONFIG")
	if !isSet {
		root = "/etc/dask"
	}
	paths := []string{root}
	for _, prefix := range prefixes {
		paths = append(paths, filepath.Join(prefix, "etc", "dask"))
	}
	if home := env.Home(); home != "" {
		paths = append(paths, filepath.Join(home, ".config", "dask"))
	}
	if further, isSet := env.Lookup("DASK_CONFIG"); isSet {
		paths = append(paths, further)
	}
	// If a path occurs twice, its last position applies.
	var distinct []string
	for i, path := range paths {
		if path != "" && !slices.Contains(paths[i+1:], path) {
			distinct = append(distinct, path)
		}
	}
	return distinct
}

// filesBelow returns the files of the paths. For a folder, these are the files with
// an extension that Dask reads, sorted by name.
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
			// In Python, a name whose only dot is at its beginning has no extension.
			switch strings.ToLower(filepath.Ext(strings.TrimLeft(entry.Name(), "."))) {
			case ".json", ".yaml", ".yml":
				files = append(files, filepath.Join(path, entry.Name()))
			}
		}
	}
	return files, problems
}

// adopt adds the members that only an older configuration has (dask/config.py, update
// with the priority "old"). A mapping of the older one replaces a value that is not a
// mapping.
func (c *Node) adopt(older *Node) {
	for _, name := range older.order {
		part, key := older.keys[name], c.canonical(name)
		existing := c.keys[key]
		switch {
		case part.keys == nil && existing == nil:
			c.keys[key] = part
		case part.keys == nil:
		case existing == nil || existing.keys == nil:
			c.keys[key] = &Node{keys: map[string]*Node{}, files: part.files}
			c.keys[key].adopt(part)
		default:
			existing.adopt(part)
		}
	}
}
