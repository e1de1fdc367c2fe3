// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// The servers are Python programs, and their responses show it: 1 becomes 1.0,
// repr() quotes text, and json.dumps writes JSON. Values have the types nil, bool,
// int64, *big.Int (beyond 64 bits), float64, string, []any and object.

// object is a JSON object that keeps the order of its members.
type object []member

type member struct {
	name  string
	value any
}

func (o object) get(name string) (any, bool) {
	for _, m := range o {
		if m.name == name {
			return m.value, true
		}
	}
	return nil, false
}

func (o object) with(name string, value any) object {
	for i := range o {
		if o[i].name == name {
			o[i].value = value
			return o
		}
	}
	return append(o, member{name, value})
}

// dumps writes a value like Python's json.dumps: separators ", " and ": ", ASCII
// only, NaN and Infinity unquoted.
func dumps(value any) string {
	var text strings.Builder
	writeJSON(&text, value)
	return text.String()
}

func writeJSON(text *strings.Builder, value any) {
	switch value := value.(type) {
	case nil:
		text.WriteString("null")
	case bool:
		text.WriteString(strconv.FormatBool(value))
	case string:
		writeJSONString(text, value)
	case float64:
		text.WriteString(jsonFloat(value))
	case []any:
		text.WriteByte('[')
		for i, element := range value {
			if i > 0 {
				text.WriteString(", ")
			}
			writeJSON(text, element)
		}
		text.WriteByte(']')
	case object:
		text.WriteByte('{')
		for i, m := range value {
			if i > 0 {
				text.WriteString(", ")
			}
			writeJSONString(text, m.name)
			text.WriteString(": ")
			writeJSON(text, m.value)
		}
		text.WriteByte('}')
	default:
		text.WriteString(repr(value))
	}
}

func jsonFloat(number float64) string {
	switch {
	case math.IsNaN(number):
		return "NaN"
	case math.IsInf(number, 1):
		return "Infinity"
	case math.IsInf(number, -1):
		return "-Infinity"
	default:
		return repr(number)
	}
}

func writeJSONString(text *strings.Builder, s string) {
	const (
		hex   = "0123456789abcdef"
		short = "\b\f\n\r\t"
	)
	unit := func(r rune) {
		text.WriteString(`\u`)
		for shift := 12; shift >= 0; shift -= 4 {
			text.WriteByte(hex[(r>>shift)&0xf])
		}
	}
	text.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			text.WriteByte('\\')
			text.WriteRune(r)
		case strings.ContainsRune(short, r):
			text.WriteByte('\\')
			text.WriteByte("bfnrt"[strings.IndexRune(short, r)])
		case r >= 0x20 && r < 0x7f:
			text.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			unit(high)
			unit(low)
		default:
			unit(r)
		}
	}
	text.WriteByte('"')
}

// repr writes a value like Python's repr().
func repr(value any) string {
	switch value := value.(type) {
	case nil:
		return "None"
	case bool:
		if value {
			return "True"
		}
		return "False"
	case int64:
		return strconv.FormatInt(value, 10)
	case int:
		return strconv.Itoa(value)
	case *big.Int:
		return value.String()
	case float64:
		return reprFloat(value)
	case string:
		return reprString(value)
	case []any:
		parts := make([]string, 0, len(value))
		for _, element := range value {
			parts = append(parts, repr(element))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case object:
		parts := make([]string, 0, len(value))
		for _, m := range value {
			parts = append(parts, repr(m.name)+": "+repr(m.value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		return ""
	}
}

// str is Python's str(): repr() except for strings.
func str(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	return repr(value)
}

func reprFloat(number float64) string {
	switch {
	case math.IsNaN(number):
		return "nan"
	case math.IsInf(number, 1):
		return "inf"
	case math.IsInf(number, -1):
		return "-inf"
	}
	if size := math.Abs(number); size != 0 && (size < 1e-4 || size >= 1e16) {
		return strconv.FormatFloat(number, 'e', -1, 64)
	}
	text := strconv.FormatFloat(number, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// reprString chooses the quote that needs fewer backslashes and leaves printable
// characters as they are.
func reprString(s string) string {
	quote := '\''
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	var text strings.Builder
	text.WriteRune(quote)
	for _, r := range s {
		switch {
		case r == quote || r == '\\':
			text.WriteByte('\\')
			text.WriteRune(r)
		case r == '\n':
			text.WriteString(`\n`)
		case r == '\r':
			text.WriteString(`\r`)
		case r == '\t':
			text.WriteString(`\t`)
		case unicode.IsPrint(r):
			text.WriteRune(r)
		case r <= 0xff:
			fmt.Fprintf(&text, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&text, `\u%04x`, r)
		default:
			fmt.Fprintf(&text, `\U%08x`, r)
		}
	}
	text.WriteRune(quote)
	return text.String()
}
