// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/planetary-computer/terraform-provider-pc/internal/optionreader"
)

// configKey matches keys that dask.config.collect_env leaves unchanged: it converts
// to lower case, and splits at __ and at dots.
var configKey = regexp.MustCompile(`^[a-z0-9]+(?:[_-][a-z0-9]+)*$`)

// EnvironmentVariables reads a Dask configuration from an option and returns it
// as the environment variables that Dask reads (dask.config.collect_env): names
// joined by __, values as Python literals.
func EnvironmentVariables(r *optionreader.Reader, name string) map[string]string {
	object, ok := optionreader.Take[map[string]any](r, name, "an object, as in Dask's YAML files")
	if !ok {
		return nil
	}
	read := map[string]string{}
	collect(r, read, name, "DASK", object)
	return read
}

func collect(r *optionreader.Reader, into map[string]string, at, prefix string, object map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !configKey.MatchString(key) {
			r.Reject(at, fmt.Sprintf("has the name %q, which Dask cannot take from the environment: "+
				"a name has small letters and digits, with single - or _ between them; what has dots is written as objects in objects", key))
			continue
		}
		name := prefix + "__" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
		if prefix == "DASK" {
			name = prefix + "_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
		}
		if nested, ok := object[key].(map[string]any); ok && len(nested) > 0 {
			collect(r, into, at+"."+key, name, nested)
			continue
		}
		if _, taken := into[name]; taken {
			r.Reject(at+"."+key, "is there twice: Dask takes - and _ for the same")
		}
		literal, known := pythonLiteral(object[key])
		if !known {
			r.MarkUnknown()
		}
		into[name] = literal
	}
}

// pythonLiteral writes a value as Python's ast.literal_eval reads it. Strings are
// always quoted; otherwise "1" would become a number.
func pythonLiteral(value any) (literal string, known bool) {
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
		known = true
		elements := make([]string, 0, len(value))
		for _, element := range value {
			literal, elementKnown := pythonLiteral(element)
			known = known && elementKnown
			elements = append(elements, literal)
		}
		return "[" + strings.Join(elements, ", ") + "]", known
	case map[string]any:
		known = true
		members := make([]string, 0, len(value))
		for _, key := range slices.Sorted(maps.Keys(value)) {
			literal, memberKnown := pythonLiteral(value[key])
			known = known && memberKnown
			members = append(members, pythonString(key)+": "+literal)
		}
		return "{" + strings.Join(members, ", ") + "}", known
	default:
		return "None", true
	}
}

// pythonString is a Python string on one line, with all but printable ASCII
// escaped.
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
