// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"cmp"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
)

// The rules in this file are those of pyenv 2.6.30. The comments name the scripts in
// its libexec folder.

// maxPyenvVersions is far above the number of Pythons on any machine.
const maxPyenvVersions = 10_000

var shimRoot = lazy.Regexp(`(?m)^export PYENV_ROOT="([^"]+)"$`)

// pyenvRoot returns the root folder of pyenv if the file is one of its shims, and
// "" otherwise. A shim is a shell script that starts the Python that pyenv
// chooses (pyenv-rehash).
func (f *pythonFinder) pyenvRoot(file string) string {
	if filepath.Base(filepath.Dir(file)) != "shims" {
		return ""
	}
	text, err := localfile.Read(f.ctx, file, maxPythonFile)
	if err != nil {
		// A Python that happens to be in a folder with this name is larger.
		return ""
	}
	match := shimRoot().FindSubmatch(text)
	if match == nil || !filepath.IsAbs(string(match[1])) {
		return ""
	}
	return string(match[1])
}

// pyenvExecutable returns the file that a shim starts: that of the first chosen
// version that has the command, else the one on PATH without the shims
// (pyenv-which).
func (f *pythonFinder) pyenvExecutable(root, command string) string {
	for _, version := range f.pyenvVersions(root) {
		if version == "system" {
			break
		}
		if file := filepath.Join(root, "versions", version, "bin", command); localfile.IsFile(file) {
			return file
		}
	}
	for _, folder := range f.searchPath() {
		if file := filepath.Join(folder, command); folder != filepath.Join(root, "shims") && localfile.IsFile(file) {
			return file
		}
	}
	return ""
}

// pyenvVersions returns the installed versions that are chosen by PYENV_VERSION,
// else by the nearest .python-version, else by pyenv's own file
// (pyenv-version-name, pyenv-version-file).
func (f *pythonFinder) pyenvVersions(root string) []string {
	var chosen []string
	if variable, _ := f.env.Lookup("PYENV_VERSION"); variable != "" {
		chosen = strings.Split(variable, ":")
	} else {
		chosen = pyenvFileVersions(f.read(f.pyenvVersionFile(root)))
	}
	var installed []string
	for _, version := range chosen {
		if version == "system" {
			return append(installed, version)
		}
		if found := f.installedVersion(root, version); found != "" {
			installed = append(installed, found)
		}
	}
	return installed
}

// pyenvFileVersions returns the first word of each line that is not a comment
// (pyenv-version-file-read).
func pyenvFileVersions(text string) []string {
	var versions []string
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 0 && !strings.HasPrefix(fields[0], "#") {
			versions = append(versions, fields[0])
		}
	}
	return versions
}

func (f *pythonFinder) pyenvVersionFile(root string) string {
	start, _ := f.env.Lookup("PYENV_DIR")
	for _, folder := range []string{start, f.env.WorkingDirectory()} {
		for filepath.IsAbs(folder) {
			if file := filepath.Join(folder, ".python-version"); localfile.IsFile(file) {
				return file
			}
			parent := filepath.Dir(folder)
			if parent == folder {
				break
			}
			folder = parent
		}
	}
	return filepath.Join(root, "version")
}

// installedVersion returns the name of the installed version that matches a chosen
// one, or "". The prefix "python-" is ignored.
func (f *pythonFinder) installedVersion(root, version string) string {
	folder := filepath.Join(root, "versions")
	names := []string{version, strings.TrimPrefix(version, "python-")}
	for _, name := range names {
		// A name must not lead out of the folder.
		if filepath.IsLocal(name) && localfile.IsDir(filepath.Join(folder, name)) {
			return name
		}
	}
	entries, err := localfile.ReadDir(f.ctx, folder, maxPyenvVersions)
	if err != nil {
		return ""
	}
	installed := make([]string, 0, len(entries))
	for _, entry := range entries {
		installed = append(installed, entry.Name())
	}
	for _, name := range names {
		if latest := latestVersion(name, installed); latest != "" {
			return latest
		}
	}
	return ""
}

var (
	unstableVersion     = lazy.Regexp(`(?:-dev|-src|-latest|(?:a|b|rc)[0-9]+)$`)
	freeThreadedVersion = lazy.Regexp(`[0-9]t$`)
)

// latestVersion returns the latest installed version that begins with a prefix, as in
// 3.12 for 3.12.1, or "" (pyenv-latest). A t at the end of the prefix selects a
// free-threaded build.
func latestVersion(prefix string, installed []string) string {
	isFreeThreaded := freeThreadedVersion().MatchString(prefix)
	if isFreeThreaded {
		prefix = strings.TrimSuffix(prefix, "t")
	}
	var candidates []string
	for _, version := range installed {
		rest, ok := strings.CutPrefix(version, prefix)
		if ok && rest != "" && (rest[0] == '-' || rest[0] == '.') && !unstableVersion().MatchString(version) && freeThreadedVersion().MatchString(version) == isFreeThreaded {
			candidates = append(candidates, version)
		}
	}
	if len(candidates) == 0 {
		return ""
	}
	return slices.MaxFunc(candidates, compareVersions)
}

var versionNumber = lazy.Regexp(`[0-9]+`)

// compareVersions compares versions by their numbers.
func compareVersions(a, b string) int {
	numbersOf := func(version string) []int {
		var numbers []int
		for _, digits := range versionNumber().FindAllString(version, -1) {
			number, _ := strconv.Atoi(digits)
			numbers = append(numbers, number)
		}
		return numbers
	}
	return cmp.Or(slices.Compare(numbersOf(a), numbersOf(b)), strings.Compare(a, b))
}
