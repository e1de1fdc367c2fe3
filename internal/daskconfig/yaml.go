// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Dask's files are small. More values than that come of aliases of aliases.
const maxYAMLValues = 100_000

// readDaskYAML reads a file as PyYAML's safe_load does, which knows YAML 1.1: yes
// and off are bools there, 010 is eight, and 1e3 is a text. The error names the
// line and quotes nothing.
func readDaskYAML(text []byte, file string) (*Node, error) {
	empty := &Node{keys: map[string]*Node{}}
	decoder := yaml.NewDecoder(bytes.NewReader(withoutDirectives(text)))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return empty, nil
	case err != nil:
		return nil, withoutQuotes(err)
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is a second document in it")
	}
	r := &yamlReader{file: file, open: map[*yaml.Node]bool{}}
	config, err := r.read(&document)
	switch {
	case err != nil:
		return nil, err
	case config.keys != nil:
		return config, nil
	case config.value == nil:
		return empty, nil
	default:
		return nil, errors.New("there is no mapping at its top")
	}
}

// withoutQuotes is the decoder's error, without the name of an alias: a password
// that begins with a * looks like one.
func withoutQuotes(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.HasPrefix(text, "unknown anchor") {
		text = "an alias has no anchor; a text that begins with * stands in quotes"
	}
	return errors.New(text)
}

var yamlVersion = regexp.MustCompile(`^%YAML +1\.[0-9]+\s*(?:#.*)?$`)

// withoutDirectives makes comments of the directives at a file's beginning that
// PyYAML overlooks and the decoder refuses: a version of YAML from 1.2 on, and
// names that are none of YAML's.
func withoutDirectives(text []byte) []byte {
	text = bytes.Clone(text)
	rest := bytes.TrimPrefix(text, []byte("\ufeff"))
	for line := range bytes.Lines(rest) {
		words := bytes.TrimSpace(line)
		switch {
		case len(words) == 0 || words[0] == '#':
		case line[0] != '%':
			return text
		case yamlVersion.Match(words) || !bytes.HasPrefix(line, []byte("%YAML")) && !bytes.HasPrefix(line, []byte("%TAG")):
			line[0] = '#'
		}
	}
	return text
}

type yamlReader struct {
	file  string
	count int
	// open are the nodes that are being read: one that holds itself has no end.
	open map[*yaml.Node]bool
}

func (r *yamlReader) read(node *yaml.Node) (*Node, error) {
	leave, err := r.enter(node)
	if err != nil {
		return nil, err
	}
	defer leave()
	switch node.Kind {
	case yaml.DocumentNode:
		return r.read(node.Content[0])
	case yaml.AliasNode:
		return r.read(node.Alias)
	case yaml.MappingNode:
		return r.mapping(node)
	case yaml.SequenceNode:
		return r.sequence(node)
	default:
		value, err := yamlScalar(node)
		return &Node{value: value, Text: node.Value, files: []string{r.file}}, err
	}
}

// enter begins the reading of a node, which leave ends.
func (r *yamlReader) enter(node *yaml.Node) (leave func(), err error) {
	if r.count++; r.count > maxYAMLValues || r.open[node] {
		return nil, endless(node)
	}
	r.open[node] = true
	return func() { delete(r.open, node) }, nil
}

func endless(node *yaml.Node) error { return atLine(node, "there is no end to its values") }

func atLine(node *yaml.Node, words string) error { return fmt.Errorf("line %d: %s", node.Line, words) }
