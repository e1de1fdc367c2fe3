// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"fmt"
	"slices"
	"strings"
)

// daskConfig is a part of Dask's configuration: a mapping of keys to parts, or
// one value that is no mapping.
type daskConfig struct {
	keys  map[string]*daskConfig // nil for a value
	value any
	text  string
	// variables are the names of the environment variables it comes from.
	variables []string
}

// daskEnvironment reads the DASK_* variables as Dask does (dask/config.py,
// collect_env): lower case, "__" between keys, Python literals as values.
func daskEnvironment(env Environment) *daskConfig {
	config := &daskConfig{keys: map[string]*daskConfig{}}
	// Names that are equal in lower case are one key, whose place in the order is
	// the first one's and whose value is the last one's.
	last := map[string]string{}
	var order []string
	for _, name := range env.names {
		path, isDask := strings.CutPrefix(name, "DASK_")
		if !isDask {
			continue
		}
		path = strings.ReplaceAll(strings.ToLower(path), "__", ".")
		if _, repeated := last[path]; !repeated {
			order = append(order, path)
		}
		last[path] = name
	}
	for _, path := range order {
		name := last[path]
		text := env.values[name]
		config.assign(strings.Split(path, "."), newDaskConfig(interpret(text), text, name))
	}
	return config
}

func newDaskConfig(value any, text, name string) *daskConfig {
	config := &daskConfig{value: value, text: text, variables: []string{name}}
	if mapping, ok := value.(map[string]any); ok {
		config.value = nil
		config.keys = make(map[string]*daskConfig, len(mapping))
		for key, member := range mapping {
			config.keys[key] = newDaskConfig(member, fmt.Sprint(member), name)
		}
	}
	return config
}

// assign puts a part below the keys (dask/config.py, set._assign). Where Dask
// stops, because a key on the way has a value that is no mapping, the value
// stays.
func (c *daskConfig) assign(keys []string, part *daskConfig) {
	if c.keys == nil {
		return
	}
	key := c.canonical(keys[0])
	if len(keys) == 1 {
		c.keys[key] = part
		return
	}
	if c.keys[key] == nil {
		c.keys[key] = &daskConfig{keys: map[string]*daskConfig{}}
	}
	c.keys[key].assign(keys[1:], part)
}

// canonical is the spelling, with "_" or with "-", in which a key is there
// already (dask/config.py, canonical_name).
func (c *daskConfig) canonical(key string) string {
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

// get returns the part below the keys, or nil.
func (c *daskConfig) get(keys ...string) *daskConfig {
	for _, key := range keys {
		if c == nil || c.keys == nil {
			return nil
		}
		c = c.keys[c.canonical(key)]
	}
	return c
}

// plain is the part as interpret would return it.
func (c *daskConfig) plain() any {
	if c.keys == nil {
		return c.value
	}
	mapping := make(map[string]any, len(c.keys))
	for key, part := range c.keys {
		mapping[key] = part.plain()
	}
	return mapping
}

// origin names the variables that the part comes from.
func (c *daskConfig) origin() string {
	names := c.names()
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 1 {
		return variable(names[0])
	}
	return "the environment variables " + strings.Join(names, ", ")
}

func (c *daskConfig) names() []string {
	names := slices.Clone(c.variables)
	for _, part := range c.keys {
		names = append(names, part.names()...)
	}
	return names
}
