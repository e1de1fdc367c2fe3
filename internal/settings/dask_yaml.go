// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Dask's files are small. More values than that come of aliases of aliases.
const maxYAMLValues = 100_000

// readDaskYAML reads a file as PyYAML's safe_load does, which knows YAML 1.1: yes
// and off are bools there, 010 is eight, and 1e3 is a text. The error names the
// line and quotes nothing.
func readDaskYAML(text []byte, file string) (*daskConfig, error) {
	empty := &daskConfig{keys: map[string]*daskConfig{}}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return empty, nil
	case err != nil:
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
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

type yamlReader struct {
	file  string
	count int
	// open are the nodes that are being read: one that holds itself has no end.
	open map[*yaml.Node]bool
}

func (r *yamlReader) read(node *yaml.Node) (*daskConfig, error) {
	if r.count++; r.count > maxYAMLValues || r.open[node] {
		return nil, atLine(node, "there is no end to its values")
	}
	r.open[node] = true
	defer delete(r.open, node)
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
		return &daskConfig{value: value, text: node.Value, files: []string{r.file}}, err
	}
}

func atLine(node *yaml.Node, words string) error { return fmt.Errorf("line %d: %s", node.Line, words) }

func (r *yamlReader) mapping(node *yaml.Node) (*daskConfig, error) {
	if err := checkTag(node, "!!map"); err != nil {
		return nil, err
	}
	config := &daskConfig{keys: map[string]*daskConfig{}, files: []string{r.file}}
	var merged []*yaml.Node
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, member := node.Content[i], node.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return nil, atLine(key, "a key is no text")
		}
		if key.Value == "<<" && key.Style == 0 {
			merged = append(merged, member)
			continue
		}
		part, err := r.read(member)
		if err != nil {
			return nil, err
		}
		if config.keys[key.Value] == nil {
			config.order = append(config.order, key.Value)
		}
		config.keys[key.Value] = part
	}
	return config, r.merge(config, merged)
}

// merge adds what <<: names and the mapping itself has not. Python has those keys
// before the mapping's own.
func (r *yamlReader) merge(config *daskConfig, merged []*yaml.Node) error {
	var before []string
	for _, node := range merged {
		if node.Kind == yaml.AliasNode {
			node = node.Alias
		}
		if node.Kind == yaml.SequenceNode {
			if err := r.merge(config, node.Content); err != nil {
				return err
			}
			continue
		}
		from, err := r.read(node)
		if err != nil {
			return err
		}
		if from.keys == nil {
			return atLine(node, "what is merged is no mapping")
		}
		for _, key := range from.order {
			if config.keys[key] == nil {
				config.keys[key] = from.keys[key]
				before = append(before, key)
			}
		}
	}
	config.order = append(before, config.order...)
	return nil
}

func (r *yamlReader) sequence(node *yaml.Node) (*daskConfig, error) {
	if err := checkTag(node, "!!seq"); err != nil {
		return nil, err
	}
	values := make([]any, 0, len(node.Content))
	for _, element := range node.Content {
		part, err := r.read(element)
		if err != nil {
			return nil, err
		}
		values = append(values, part.plain())
	}
	return &daskConfig{value: values, text: fmt.Sprint(values), files: []string{r.file}}, nil
}

func checkTag(node *yaml.Node, allowed string) error {
	if node.Style&yaml.TaggedStyle != 0 && node.ShortTag() != allowed {
		return atLine(node, "the tag "+strconv.Quote(node.Tag)+" is not known")
	}
	return nil
}

// What PyYAML takes a plain scalar for (yaml/resolver.py).
var (
	yamlFloat = regexp.MustCompile(`^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)$`)
	yamlInt   = regexp.MustCompile(`^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)
	yamlBools = map[string]bool{"yes": true, "true": true, "on": true, "no": false, "false": false, "off": false}
)

func yamlScalar(node *yaml.Node) (any, error) {
	text := node.Value
	if node.Style&yaml.TaggedStyle != 0 {
		return taggedScalar(node)
	}
	if node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return text, nil
	}
	switch text {
	case "", "~", "null", "Null", "NULL":
		return nil, nil
	case "=":
		return nil, atLine(node, "a bare = is no value")
	}
	if value, ok := yamlBool(text); ok {
		return value, nil
	}
	if value, ok := yamlNumber(text); ok {
		return value, nil
	}
	return text, nil
}

// yamlBool knows the words in small letters, in capital ones, and with one at
// their beginning.
func yamlBool(text string) (value, ok bool) {
	lower := strings.ToLower(text)
	value, ok = yamlBools[lower]
	return value, ok && (text == lower || text == strings.ToUpper(text) || text == strings.ToUpper(text[:1])+lower[1:])
}

// yamlNumber leaves infinity and what is no number as text: JSON has no place for
// them.
func yamlNumber(text string) (any, bool) {
	plain := strings.ReplaceAll(text, "_", "")
	switch {
	case yamlInt.MatchString(text):
		return yamlInteger(plain)
	case !yamlFloat.MatchString(text):
		return nil, false
	case strings.Contains(text, ":"):
		return sexagesimal(plain)
	default:
		return floatNumber(plain)
	}
}

func yamlInteger(text string) (any, bool) {
	if strings.Contains(text, ":") {
		return sexagesimal(text)
	}
	digits := strings.TrimLeft(text, "+-")
	base := 10
	switch {
	case strings.HasPrefix(digits, "0b"):
		digits, base = digits[2:], 2
	case strings.HasPrefix(digits, "0x"):
		digits, base = digits[2:], 16
	case len(digits) > 1 && digits[0] == '0':
		digits, base = digits[1:], 8
	}
	value, ok := new(big.Int).SetString(digits, base)
	if !ok || len(digits) > maxIntegerDigits {
		return nil, false
	}
	if text[0] == '-' {
		value.Neg(value)
	}
	return json.Number(value.String()), true
}

// sexagesimal is 1:30 for 90, and 1:30.5 for 90.5.
func sexagesimal(text string) (any, bool) {
	sum, factor := new(big.Rat), big.NewRat(1, 1)
	parts := strings.Split(strings.TrimLeft(text, "+-"), ":")
	for _, digits := range slices.Backward(parts) {
		part, ok := new(big.Rat).SetString(strings.TrimSuffix(digits, "."))
		if !ok {
			return nil, false
		}
		sum.Add(sum, part.Mul(part, factor))
		factor.Mul(factor, big.NewRat(60, 1))
	}
	if text[0] == '-' {
		sum.Neg(sum)
	}
	if !strings.Contains(text, ".") {
		return json.Number(sum.Num().String()), true
	}
	float, _ := sum.Float64()
	return floatNumber(strconv.FormatFloat(float, 'g', -1, 64))
}

// taggedScalar has the tags of YAML's own types.
func taggedScalar(node *yaml.Node) (any, error) {
	switch node.ShortTag() {
	case "!!str", "!":
		return node.Value, nil
	case "!!null":
		return nil, nil
	case "!!bool":
		if value, ok := yamlBools[strings.ToLower(node.Value)]; ok {
			return value, nil
		}
	case "!!int":
		if yamlInt.MatchString(node.Value) {
			if value, ok := yamlNumber(node.Value); ok {
				return value, nil
			}
		}
	case "!!float":
		if value, err := strconv.ParseFloat(strings.ReplaceAll(node.Value, "_", ""), 64); err == nil {
			if number, ok := floatNumber(strconv.FormatFloat(value, 'g', -1, 64)); ok {
				return number, nil
			}
		}
	case "!!binary", "!!timestamp":
		return node.Value, nil
	}
	return nil, atLine(node, "a value does not fit its tag "+strconv.Quote(node.Tag))
}
