// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// page is a page for readers, in its form in the repository.
type page struct {
	// file is the path from the root of the repository, for messages.
	file string
	// address is the path that links to and from the page use. The template of a page
	// has the address of the page that it becomes.
	address string
	text    string
}

// block is a fenced block of a page, or a file that the pages include.
type block struct {
	where    string
	language string
	text     string
}

// pages returns the README files and the templates of the documentation.
func pages(t *testing.T) []page {
	t.Helper()
	files := []string{"README.md", "CONTRIBUTING.md"}
	files = append(files, filesBelow(t, "examples", ".md")...)
	files = append(files, filesBelow(t, "templates", ".md.tmpl")...)
	var found []page
	for _, file := range files {
		address := strings.TrimSuffix(file, ".tmpl")
		if rest, isTemplate := strings.CutPrefix(address, "templates/"); isTemplate {
			address = "docs/" + rest
		}
		found = append(found, page{file, address, readFile(t, filepath.Join(repositoryRoot, file))})
	}
	if len(found) < 10 {
		t.Fatalf("only %d pages were found", len(found))
	}
	return found
}

// filesBelow returns the files of a folder with the ending, from the root of the
// repository.
func filesBelow(t *testing.T, folder, ending string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(filepath.Join(repositoryRoot, folder), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == ".terraform" {
			return fs.SkipDir
		}
		if !entry.IsDir() && strings.HasSuffix(path, ending) {
			relative, err := filepath.Rel(repositoryRoot, path)
			files = append(files, filepath.ToSlash(relative))
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var fencePattern = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

// codeBlocks returns the fenced blocks of all pages in one of the languages.
func codeBlocks(t *testing.T, languages ...string) []block {
	t.Helper()
	var found []block
	for _, p := range pages(t) {
		for i, match := range fencePattern.FindAllStringSubmatch(p.text, -1) {
			if slices.Contains(languages, match[1]) {
				found = append(found, block{fmt.Sprintf("%s, block %d", p.file, i+1), match[1], match[2]})
			}
		}
	}
	return found
}

// fileBlocks returns the files below examples with the ending.
func fileBlocks(t *testing.T, ending string) []block {
	t.Helper()
	var found []block
	for _, file := range filesBelow(t, "examples", ending) {
		found = append(found, block{file, "", readFile(t, filepath.Join(repositoryRoot, file))})
	}
	return found
}

// prose returns the text of a page without its fenced blocks.
func (p page) prose() string { return fencePattern.ReplaceAllString(p.text, "") }

// TestPages_haveOnlyCheckedLanguages fails for a fenced block in a language that no
// test reads, such as "hlc".
func TestPages_haveOnlyCheckedLanguages(t *testing.T) {
	t.Parallel()
	checked := []string{"hcl", "terraform", "shell", "sh", "python", "yaml", "text"}
	for _, p := range pages(t) {
		for _, match := range fencePattern.FindAllStringSubmatch(p.text, -1) {
			if !slices.Contains(checked, match[1]) {
				t.Errorf("%s has a block in the language %q, which no test checks", p.file, match[1])
			}
		}
		if strings.Count(p.text, "\n```")%2 != 0 {
			t.Errorf("%s has a block without an end", p.file)
		}
	}
}
