// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
)

// Node is a part of Dask's configuration: a mapping of keys to nodes, or another
// value.
type Node struct {
	keys map[string]*Node // nil for a value
	// order lists the keys of a file's mapping in Python's order. It matters if a key
	// occurs both with "_" and with "-".
	order []string
	value any
	// text is a scalar as written in the file or the variable.
	text string
	// variables and files are the names of the places where the value was found.
	variables, files []string
}

// readEnvironment reads the DASK_* variables as Dask does (dask/config.py,
// collect_env): lower case, "__" between keys, Python literals as values. They take
// precedence over the configuration that Dask hands down.
func readEnvironment(env environment.Variables) (*Node, []Problem) {
	parts, order, problems := readInheritedVariable(env)
	// Names that are equal in lower case are one key. It has the place of the first
	// one and the value of the last one.
	for name, text := range env.All() {
		path, isDask := strings.CutPrefix(name, "DASK_")
		if !isDask {
			continue
		}
		path = strings.ReplaceAll(strings.ToLower(path), "__", ".")
		if parts[path] == nil {
			order = append(order, path)
		}
		parts[path] = newNode(interpret(text), text, name)
	}
	config := &Node{keys: map[string]*Node{}}
	for _, path := range order {
		config.assign(strings.Split(path, "."), parts[path])
	}
	return config, problems
}

// inheritedVariable contains a whole configuration. Dask sets it for processes that
// it starts on other machines.
const inheritedVariable = "DASK_INTERNAL_INHERIT_CONFIG"

// readInheritedVariable returns the parts of that configuration (dask/config.py,
// deserialize).
func readInheritedVariable(env environment.Variables) (parts map[string]*Node, order []string, problems []Problem) {
	parts = map[string]*Node{}
	text, isSet := env.Lookup(inheritedVariable)
	if !isSet {
		return parts, nil, nil
	}
	plain, err := base64.URLEncoding.DecodeString(text)
	if err == nil {
		order, err = parseInherited(plain, parts)
	}
	if errors.Is(err, errTooDeep) {
		return map[string]*Node{}, nil, []Problem{{
			Origin:  environment.Describe(inheritedVariable),
			Summary: "Invalid configuration from Dask",
			Detail:  fmt.Sprintf("The variable %s has values more than %d levels deep, which is the limit.", inheritedVariable, maxDepth),
		}}
	}
	if err != nil {
		return map[string]*Node{}, nil, []Problem{{
			Origin:  environment.Describe(inheritedVariable),
			Summary: "Invalid configuration from Dask",
			Detail:  "The value must be what Python's dask.config.serialize(...) returns: a JSON object in base64. Dask sets this variable itself. Unset it if Dask did not start this process.",
		}}
	}
	return parts, order, nil
}

// maxDepth is beyond what Python reads: its recursion ends at 1,000 calls, and
// PyYAML needs several for a level.
const maxDepth = 500

var errTooDeep = errors.New("nested too deeply")

// depthOf counts the lists and mappings around the innermost value.
func depthOf(value any) int {
	depth := 0
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			depth = max(depth, depthOf(element))
		}
	case map[string]any:
		for _, member := range value {
			depth = max(depth, depthOf(member))
		}
	default:
		return 0
	}
	return depth + 1
}

// parseInherited reads a JSON object and returns the order of its keys.
func parseInherited(text []byte, parts map[string]*Node) (order []string, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("not an object")
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		var value any
		if err := decoder.Decode(&value); err != nil {
			if strings.Contains(err.Error(), "exceeded max depth") {
				// The decoder's own limit is higher.
				err = errTooDeep
			}
			return nil, err
		}
		if depthOf(value) > maxDepth {
			return nil, errTooDeep
		}
		if parts[name] == nil {
			order = append(order, name)
		}
		parts[name] = newNode(value, "", inheritedVariable)
	}
	_, err = decoder.Token()
	return order, err
}

func newNode(value any, text, name string) *Node {
	config := &Node{value: value, text: text, variables: []string{name}}
	if mapping, ok := value.(map[string]any); ok {
		config.value = nil
		config.keys = make(map[string]*Node, len(mapping))
		for key, member := range mapping {
			config.keys[key] = newNode(member, "", name)
		}
	}
	return config
}

// assign sets the node below the keys (dask/config.py, set._assign). Dask fails if
// a key on the way has a value that is not a mapping; here the value stays.
func (c *Node) assign(keys []string, part *Node) {
	if c.keys == nil {
		return
	}
	key := c.canonical(keys[0])
	if len(keys) == 1 {
		c.keys[key] = part
		return
	}
	if c.keys[key] == nil {
		c.keys[key] = &Node{keys: map[string]*Node{}}
	}
	c.keys[key].assign(keys[1:], part)
}

// canonical returns the spelling of a key, with "_" or with "-", that the mapping
// already has (dask/config.py, canonical_name).
func (c *Node) canonical(key string) string {
	if c.keys[key] != nil {
		return key
	}
	other := strings.ReplaceAll(key, "-", "_")
	if strings.Contains(key, "_") {
		other = strings.ReplaceAll(key, "_", "-")
	}
	if c.keys[other] != nil {
		return other
	}
	return key
}

// Get returns the node below the keys, or nil.
func (c Config) Get(keys ...string) *Node { return c.root.get(keys...) }

func (c *Node) get(keys ...string) *Node {
	for _, key := range keys {
		if c == nil || c.keys == nil {
			return nil
		}
		c = c.keys[c.canonical(key)]
	}
	return c
}

// Text returns the value as written, or as Go prints it if there is no written form.
func (c *Node) Text() string {
	if c.text != "" {
		return c.text
	}
	return fmt.Sprint(c.Value())
}

// Value returns nil, a bool, a string, a json.Number, a []any or a
// map[string]any.
func (c *Node) Value() any {
	if c.keys == nil {
		return c.value
	}
	mapping := make(map[string]any, len(c.keys))
	for key, part := range c.keys {
		mapping[key] = part.Value()
	}
	return mapping
}

// Origin describes the variables and the files where the node was found.
func (c *Node) Origin() string {
	variables, files := c.names()
	var places []string
	if len(variables) > 0 {
		places = append(places, oneOrMore("the environment variable", variables))
	}
	if len(files) > 0 {
		places = append(places, oneOrMore("the file", files))
	}
	return strings.Join(places, " and ")
}

func oneOrMore(noun string, names []string) string {
	if len(names) > 1 {
		noun += "s"
	}
	return noun + " " + strings.Join(names, ", ")
}

// names returns the variables and files of all nodes, sorted.
func (c *Node) names() (variables, files []string) {
	if c.keys == nil {
		return c.variables, c.files
	}
	variables, files = slices.Clone(c.variables), slices.Clone(c.files)
	for _, part := range c.keys {
		further, more := part.names()
		variables, files = append(variables, further...), append(files, more...)
	}
	slices.Sort(variables)
	slices.Sort(files)
	return slices.Compact(variables), slices.Compact(files)
}
