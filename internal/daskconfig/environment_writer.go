// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
	"github.com/planetary-computer/terraform-provider-pc/internal/optionreader"
)

// configKey matches keys that dask.config.collect_env leaves unchanged: it converts
// to lower case, and splits at __ and at dots.
var configKey = lazy.Regexp(`^[a-z0-9]+(?:[_-][a-z0-9]+)*$`)

// EnvironmentVariables reads a Dask configuration from an option and returns it
// as the environment variables that Dask reads (dask.config.collect_env): names
// joined by __, values as Python literals.
func EnvironmentVariables(r *optionreader.Reader, name string) map[string]string {
	object, ok := optionreader.Read[map[string]any](r, name, "an object, as in Dask's YAML files")
	if !ok {
		return nil
	}
	read := map[string]string{}
	collect(r, read, name, "DASK", object)
	return read
}

func collect(r *optionreader.Reader, variables map[string]string, path, prefix string, object map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !configKey().MatchString(key) {
			r.Reject(path, fmt.Sprintf("has the name %q, which Dask cannot read from the environment: "+
				"use lower-case letters and digits, with single - or _ between them, and nested objects in place of dots", key))
			continue
		}
		name := prefix + "__" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
		if prefix == "DASK" {
			name = prefix + "_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
		}
		if nested, ok := object[key].(map[string]any); ok && len(nested) > 0 {
			collect(r, variables, path+"."+key, name, nested)
			continue
		}
		if _, isTaken := variables[name]; isTaken {
			r.Reject(path+"."+key, "is set twice: Dask treats - and _ as the same")
		}
		literal, isKnown := pythonLiteral(object[key])
		if !isKnown {
			r.MarkUnknown()
		}
		variables[name] = literal
	}
}

// pythonLiteral writes a value as Python's ast.literal_eval reads it. Strings are
// always quoted; otherwise "1" would become a number.
func pythonLiteral(value any) (literal string, isKnown bool) {
	switch value := value.(type) {
	case optionreader.Unknown:
		return "", false
	case string:
		return pythonString(value), true
	case bool:
		if value {
			return "True", true
		}
		return "False", true
	case json.Number:
		return value.String(), true
	case []any:
		isKnown = true
		elements := make([]string, 0, len(value))
		for _, element := range value {
			literal, isElementKnown := pythonLiteral(element)
			isKnown = isKnown && isElementKnown
			elements = append(elements, literal)
		}
		return "[" + strings.Join(elements, ", ") + "]", isKnown
	case map[string]any:
		isKnown = true
		members := make([]string, 0, len(value))
		for _, key := range slices.Sorted(maps.Keys(value)) {
			literal, isMemberKnown := pythonLiteral(value[key])
			isKnown = isKnown && isMemberKnown
			members = append(members, pythonString(key)+": "+literal)
		}
		return "{" + strings.Join(members, ", ") + "}", isKnown
	default:
		return "None", true
	}
}

// pythonString returns a Python string literal on one line. All characters except
// printable ASCII are escaped.
func pythonString(text string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range text {
		switch {
		case r == '\'' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < unicode.MaxASCII && unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			b.WriteString(`\U` + hex(r, 8))
		default:
			b.WriteString(`\u` + hex(r, 4))
		}
	}
	b.WriteByte('\'')
	return b.String()
}

func hex(r rune, digits int) string {
	text := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", digits-len(text)) + text
}
