// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
)

// Limits on the content of all files together, with aliases expanded: a file of a few
// kilobytes can stand for gigabytes.
const (
	maxValues   = 100_000
	maxTextSize = 4 << 20
)

// budget is the rest of the limits.
type budget struct{ values, text int }

func (b *budget) isExhausted() bool { return b.values < 0 || b.text < 0 }

// spend returns an error if the values or their text exceed the limits.
func (b *budget) spend(values, text int) error {
	b.values -= values
	b.text -= text
	switch {
	case b.values < 0:
		return fmt.Errorf("with its aliases expanded, Dask's files have more than %d values, which is the limit", maxValues)
	case b.text < 0:
		return fmt.Errorf("with its aliases expanded, Dask's files have more than %s of text, which is the limit", localfile.FormatSize(maxTextSize))
	default:
		return nil
	}
}

// readDaskYAML reads a file as PyYAML's safe_load does, by the rules of YAML 1.1: yes
// and off are bools, 010 is eight, and 1e3 is a text. The error contains the line
// number and no text of the file.
func readDaskYAML(text []byte, file string, limits *budget) (*Node, error) {
	empty := &Node{keys: map[string]*Node{}}
	text = withoutDirectives(text)
	decoder := yaml.NewDecoder(bytes.NewReader(shifted(text)))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return empty, nil
	case err != nil:
		return nil, describeYAMLError(err, text)
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("it has a second document")
	}
	r := &yamlReader{file: file, budget: limits, open: map[*yaml.Node]bool{}}
	config, err := r.read(&document)
	switch {
	case err != nil:
		return nil, err
	case config.keys != nil:
		return config, nil
	case config.value == nil:
		return empty, nil
	default:
		return nil, errors.New("it has no mapping at its top")
	}
}

var yamlVersion = lazy.Regexp(`^%YAML +1\.[0-9]+\s*(?:#.*)?$`)

// withoutDirectives converts directives at the beginning of a file to comments if
// PyYAML ignores them and the decoder refuses them: a version of YAML from 1.2 on,
// and unknown names. It also removes a byte order mark.
func withoutDirectives(text []byte) []byte {
	text = bytes.Clone(bytes.TrimPrefix(text, []byte("\ufeff")))
	for line := range bytes.Lines(text) {
		trimmed := bytes.TrimSpace(line)
		switch {
		case len(trimmed) == 0 || trimmed[0] == '#':
		case line[0] != '%':
			return text
		case yamlVersion().Match(trimmed) || !bytes.HasPrefix(line, []byte("%YAML")) && !bytes.HasPrefix(line, []byte("%TAG")):
			line[0] = '#'
		}
	}
	return text
}

type yamlReader struct {
	file   string
	budget *budget
	// open are the nodes that are being read, to detect a node that contains itself.
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
		values, err := r.sequence(node)
		return &Node{value: values, files: []string{r.file}}, err
	default:
		value, err := yamlScalar(node)
		return &Node{value: value, text: node.Value, files: []string{r.file}}, err
	}
}

// readValue is read for a value inside a list, where the files and the order of
// keys do not matter.
func (r *yamlReader) readValue(node *yaml.Node) (any, error) {
	leave, err := r.enter(node)
	if err != nil {
		return nil, err
	}
	defer leave()
	switch node.Kind {
	case yaml.AliasNode:
		return r.readValue(node.Alias)
	case yaml.MappingNode:
		if isTagged(node, "!!set") {
			return nil, nil
		}
		members, err := r.members(node)
		if err != nil {
			return nil, err
		}
		mapping := make(map[string]any, len(members))
		for _, member := range members {
			if mapping[member.key], err = r.readValue(member.value); err != nil {
				return nil, err
			}
		}
		return mapping, nil
	case yaml.SequenceNode:
		return r.sequence(node)
	default:
		return yamlScalar(node)
	}
}

// enter begins to read a node. The caller must call leave at the end.
func (r *yamlReader) enter(node *yaml.Node) (leave func(), err error) {
	switch {
	case r.open[node]:
		return nil, atLine(node, "an alias stands for a value that contains it")
	case len(r.open) > maxDepth:
		return nil, atLine(node, fmt.Sprintf("a value is more than %d levels deep, which is the limit", maxDepth))
	}
	if err := r.budget.spend(1, len(node.Value)); err != nil {
		return nil, err
	}
	r.open[node] = true
	return func() { delete(r.open, node) }, nil
}
