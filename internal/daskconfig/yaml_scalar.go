// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
)

// The forms of a plain scalar that PyYAML reads as a number or a bool
// (yaml/resolver.py).
var (
	yamlFloat = lazy.Regexp(`^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)$`)
	yamlInt   = lazy.Regexp(`^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)
	yamlBools = map[string]bool{"yes": true, "true": true, "on": true, "no": false, "false": false, "off": false}
)

func yamlScalar(node *yaml.Node) (any, error) {
	text := node.Value
	if len(text) > maxIntegerDigits && isYAMLInteger(node) {
		return nil, atLine(node, fmt.Sprintf("a number has more than %d digits, which is the limit", maxIntegerDigits))
	}
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
		return nil, atLine(node, "a bare = is not a value")
	}
	if value, ok := yamlBool(text); ok {
		return value, nil
	}
	if value, ok := yamlNumber(text); ok {
		return value, nil
	}
	return text, nil
}

// isYAMLInteger reports whether a scalar is written as an integer, or with colons as
// a float of base 60. Python refuses long ones, too: the time to convert them grows
// with the square of their length.
func isYAMLInteger(node *yaml.Node) bool {
	isPlain := node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	isText := node.Style&yaml.TaggedStyle != 0 && !isTagged(node, "!!int", "!!float")
	return isPlain && !isText && (yamlInt().MatchString(node.Value) || strings.Contains(node.Value, ":") && yamlFloat().MatchString(node.Value))
}

// yamlBool accepts the words in lower case, in upper case, and capitalised.
func yamlBool(text string) (value, ok bool) {
	lower := strings.ToLower(text)
	value, ok = yamlBools[lower]
	return value, ok && (text == lower || text == strings.ToUpper(text) || text == strings.ToUpper(text[:1])+lower[1:])
}

// yamlNumber leaves infinity and NaN as text, because JSON cannot represent them.
func yamlNumber(text string) (any, bool) {
	plain := strings.ReplaceAll(text, "_", "")
	switch {
	case yamlInt().MatchString(text):
		return yamlInteger(plain)
	case !yamlFloat().MatchString(text):
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

// sexagesimal reads numbers of base 60: 1:30 is 90, and 1:30.5 is 90.5.
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

// taggedScalar reads a scalar with a tag. It supports the tags of YAML's own types.
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
		if yamlInt().MatchString(node.Value) {
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
	default:
		return nil, unknownTag(node)
	}
	return nil, atLine(node, "a value does not fit its tag")
}
