// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// yamlMember is a key of a mapping and its value.
type yamlMember struct {
	key   string
	value *yaml.Node
}

// mapping keeps each key at its first position and with its last value, as a Python
// dict does.
func (r *yamlReader) mapping(node *yaml.Node) (*Node, error) {
	if isTagged(node, "!!set") {
		// JSON cannot represent a set.
		return &Node{files: []string{r.file}}, nil
	}
	members, err := r.members(node)
	if err != nil {
		return nil, err
	}
	config := &Node{keys: map[string]*Node{}, files: []string{r.file}}
	for _, member := range members {
		part, err := r.read(member.value)
		if err != nil {
			return nil, err
		}
		if config.keys[member.key] == nil {
			config.order = append(config.order, member.key)
		}
		config.keys[member.key] = part
	}
	return config, nil
}

// members returns the members of a mapping after those that it merges with <<:. Of
// two merges the later one takes precedence, and in a list of merges the earlier one
// (yaml/constructor.py, flatten_mapping).
func (r *yamlReader) members(node *yaml.Node) ([]yamlMember, error) {
	if err := checkTag(node, "!!map"); err != nil {
		return nil, err
	}
	var merged, own []yamlMember
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, member := resolveAlias(node.Content[i]), node.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return nil, atLine(key, "a key is not a text")
		}
		if key.Value != "<<" || key.Style != 0 {
			own = append(own, yamlMember{key.Value, member})
			continue
		}
		further, err := r.merged(member)
		if err != nil {
			return nil, err
		}
		merged = append(merged, further...)
	}
	return append(merged, own...), nil
}

// merged returns the members of the mapping, or of the list of mappings, after <<:.
func (r *yamlReader) merged(node *yaml.Node) ([]yamlMember, error) {
	mappings := []*yaml.Node{node}
	if list := resolveAlias(node); list.Kind == yaml.SequenceNode {
		mappings = list.Content
	}
	var members []yamlMember
	for _, mapping := range slices.Backward(mappings) {
		mapping = resolveAlias(mapping)
		if mapping.Kind != yaml.MappingNode {
			return nil, atLine(node, "a merged value is not a mapping")
		}
		leave, err := r.enter(mapping)
		if err != nil {
			return nil, err
		}
		further, err := r.members(mapping)
		leave()
		if err != nil {
			return nil, err
		}
		if err := r.budget.spend(len(further), 0); err != nil {
			return nil, err
		}
		members = append(members, further...)
	}
	return members, nil
}

func resolveAlias(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

func (r *yamlReader) sequence(node *yaml.Node) (any, error) {
	if isTagged(node, "!!omap", "!!pairs") {
		// JSON cannot represent these types.
		return nil, nil
	}
	if err := checkTag(node, "!!seq"); err != nil {
		return nil, err
	}
	values := make([]any, 0, len(node.Content))
	for _, element := range node.Content {
		value, err := r.readValue(element)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

func isTagged(node *yaml.Node, tags ...string) bool {
	return node.Style&yaml.TaggedStyle != 0 && slices.Contains(tags, node.ShortTag())
}

func checkTag(node *yaml.Node, allowed string) error {
	if node.Style&yaml.TaggedStyle != 0 && !isTagged(node, allowed) {
		return unknownTag(node)
	}
	return nil
}

// unknownTag does not quote the tag: a password that begins with a ! looks like
// one.
func unknownTag(node *yaml.Node) error {
	return atLine(node, "a value has a tag that is not known; put a text that begins with ! in quotes")
}
