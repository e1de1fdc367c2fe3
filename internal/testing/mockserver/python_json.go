// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"errors"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

var errJSON = errors.New("not JSON")

// loads reads JSON like Python's json.loads: it keeps the order of members and the
// difference between 1 and 1.0, and it accepts NaN.
func loads(text string) (any, error) {
	p := &jsonParser{text: text}
	value, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.skipSpace()
	if p.position != len(p.text) {
		return nil, errJSON
	}
	return value, nil
}

type jsonParser struct {
	text     string
	position int
}

func (p *jsonParser) skipSpace() {
	for p.position < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.position]) >= 0 {
		p.position++
	}
}

func (p *jsonParser) consume(literal string) bool {
	if strings.HasPrefix(p.text[p.position:], literal) {
		p.position += len(literal)
		return true
	}
	return false
}

func (p *jsonParser) value(depth int) (any, error) {
	p.skipSpace()
	if depth > 900 || p.position >= len(p.text) {
		return nil, errJSON
	}
	switch p.text[p.position] {
	case '{':
		return p.object(depth)
	case '[':
		return p.list(depth)
	case '"':
		return p.string()
	}
	for literal, value := range map[string]any{
		"null": nil, "true": true, "false": false, "NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1),
	} {
		if p.consume(literal) {
			return value, nil
		}
	}
	return p.number()
}

func (p *jsonParser) object(depth int) (any, error) {
	p.position++
	result := object{}
	if p.skipSpace(); p.consume("}") {
		return result, nil
	}
	for {
		p.skipSpace()
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		if p.skipSpace(); !p.consume(":") {
			return nil, errJSON
		}
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		result = result.with(name, value)
		if p.skipSpace(); p.consume("}") {
			return result, nil
		}
		if !p.consume(",") {
			return nil, errJSON
		}
	}
}

func (p *jsonParser) list(depth int) (any, error) {
	p.position++
	result := []any{}
	if p.skipSpace(); p.consume("]") {
		return result, nil
	}
	for {
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		result = append(result, value)
		if p.skipSpace(); p.consume("]") {
			return result, nil
		}
		if !p.consume(",") {
			return nil, errJSON
		}
	}
}

func (p *jsonParser) string() (string, error) {
	if !p.consume(`"`) {
		return "", errJSON
	}
	var text strings.Builder
	for p.position < len(p.text) {
		r, size := utf8.DecodeRuneInString(p.text[p.position:])
		p.position += size
		switch {
		case r == '"':
			return text.String(), nil
		case r == '\\':
			if err := p.escape(&text); err != nil {
				return "", err
			}
		case r < 0x20:
			return "", errJSON
		default:
			text.WriteRune(r)
		}
	}
	return "", errJSON
}

func (p *jsonParser) escape(text *strings.Builder) error {
	if p.position >= len(p.text) {
		return errJSON
	}
	c := p.text[p.position]
	p.position++
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		text.WriteByte("\"\\/\b\f\n\r\t"[i])
		return nil
	}
	if c != 'u' {
		return errJSON
	}
	r, err := p.hexUnit()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(r) && p.consume(`\u`) {
		low, err := p.hexUnit()
		if err != nil {
			return err
		}
		r = utf16.DecodeRune(r, low)
	}
	text.WriteRune(r)
	return nil
}

func (p *jsonParser) hexUnit() (rune, error) {
	if p.position+4 > len(p.text) {
		return 0, errJSON
	}
	code, err := strconv.ParseUint(p.text[p.position:p.position+4], 16, 16)
	p.position += 4
	return rune(code), err
}

// numberPattern is the pattern of Python's decoder. The number ends where the
// pattern ends.
var numberPattern = regexp.MustCompile(`^(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?`)

// maxIntegerDigits is the largest number of digits that Python reads.
const maxIntegerDigits = 4300

func (p *jsonParser) number() (any, error) {
	match := numberPattern.FindStringSubmatch(p.text[p.position:])
	if match == nil {
		return nil, errJSON
	}
	text := match[0]
	p.position += len(text)
	if match[2] == "" && match[3] == "" {
		if number, err := strconv.ParseInt(text, 10, 64); err == nil {
			return number, nil
		}
		number, ok := new(big.Int).SetString(text, 10)
		if !ok || len(strings.TrimPrefix(text, "-")) > maxIntegerDigits {
			return nil, errJSON
		}
		return number, nil
	}
	// A float out of range is infinite, in Python as in Go.
	number, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(number, 0) {
		return nil, errJSON
	}
	return number, nil
}
