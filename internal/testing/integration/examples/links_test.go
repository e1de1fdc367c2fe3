// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// repository matches the addresses of files and folders of this repository.
var repository = regexp.MustCompile(`^https://(?:github\.com/planetary-computer/terraform-provider-pc/(?:tree|blob|raw)|raw\.githubusercontent\.com/planetary-computer/terraform-provider-pc)/main/(.+)$`)

var (
	linkPattern    = regexp.MustCompile(`\[[^\]]*\]\(([^)\s]+)\)`)
	headingPattern = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
)

// Follows every link between the pages, and every link into the repository. The pages
// link to each other by relative paths, which the registries resolve unchanged.
func TestLinks_haveTargets(t *testing.T) {
	t.Parallel()
	byAddress := map[string]page{}
	all := pages(t)
	for _, p := range all {
		byAddress[p.address] = p
	}
	// The schemas' descriptions have links, too.
	for _, file := range filesBelow(t, "docs", ".md") {
		p := page{file, file, readFile(t, filepath.Join(repositoryRoot, file))}
		all, byAddress[file] = append(all, p), p
	}
	for _, p := range all {
		for _, match := range linkPattern.FindAllStringSubmatch(p.prose(), -1) {
			target := match[1]
			if inside := repository.FindStringSubmatch(target); inside != nil {
				mustExist(t, p, inside[1])
				continue
			}
			if strings.HasPrefix(target, "https://") || strings.Contains(target, "{{") {
				continue
			}
			file, anchor, hasAnchor := strings.Cut(target, "#")
			address := p.address
			if file != "" {
				address = path.Join(path.Dir(p.address), file)
			}
			linked, isPage := byAddress[address]
			if !isPage {
				mustExist(t, p, address)
				text, err := os.ReadFile(filepath.Join(repositoryRoot, address))
				if hasAnchor && err == nil {
					linked = page{text: string(text)}
				}
			}
			if hasAnchor && !slices.Contains(anchors(linked.prose()), anchor) && !strings.Contains(linked.text, `<a id="`+anchor+`"></a>`) {
				t.Errorf("%s links to %s, which has no heading of this name: %v", p.file, target, anchors(linked.prose()))
			}
		}
	}
}

func mustExist(t *testing.T, p page, file string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(repositoryRoot, file)); err != nil {
		t.Errorf("%s links to %s, which does not exist", p.file, file)
	}
}

// anchors returns the fragments of links to the headings of a page.
func anchors(text string) []string {
	var found []string
	for _, match := range headingPattern.FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(match[1]), "")
		found = append(found, strings.ReplaceAll(name, " ", "-"))
	}
	return found
}

// TestIndex_linksEveryGuide checks the list of guides on the first page.
func TestIndex_linksEveryGuide(t *testing.T) {
	t.Parallel()
	index := readFile(t, repositoryRoot+"/templates/index.md.tmpl")
	for _, file := range filesBelow(t, "templates/guides", ".md.tmpl") {
		title := regexp.MustCompile(`(?m)^page_title: "(.+)"$`).FindStringSubmatch(readFile(t, filepath.Join(repositoryRoot, file)))
		if title == nil {
			t.Errorf("%s has no title", file)
			continue
		}
		if want := "[" + title[1] + "](guides/" + strings.TrimSuffix(path.Base(file), ".tmpl") + ")"; !strings.Contains(index, want) {
			t.Errorf("the first page has no link %s", want)
		}
	}
}

// Compares the text alternative of each diagram on the pages with the one in its source.
// make docs-check compares the drawing.
func TestDiagrams_haveTheirTextAlternatives(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob(repositoryRoot + "/internal/tools/diagrams/*.d2")
	if err != nil || len(sources) != 4 {
		t.Fatalf("the sources are %v: %v", sources, err)
	}
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".d2")
		alternative, _, _ := strings.Cut(strings.TrimPrefix(readFile(t, source), "# "), "\n")
		want := "![" + alternative + "](https://raw.githubusercontent.com/planetary-computer/terraform-provider-pc/main/docs/images/" + name + ".svg)"
		if !slices.ContainsFunc(pages(t), func(p page) bool { return strings.Contains(p.text, want) }) {
			t.Errorf("no page shows %s with its text alternative: %s", name, want)
		}
		if !strings.Contains(readFile(t, repositoryRoot+"/docs/images/"+name+".svg"), "<title>"+strings.ReplaceAll(alternative, "'", "&#39;")+"</title>") {
			t.Errorf("docs/images/%s.svg is not up to date: run make diagrams", name)
		}
	}
}
